# A canary becomes an A/B test under way: the comparison begins with the manifest.
manifest v1 canary 50%,80% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 50%,80% bake=60s
look 1s
look 1s
look 1s
4 looks 5s v1=250/0 v2=250/0
manifest v2 abTest 50% bake=60s
20 looks 5s v1=250/0!100/20 v2=250/0!100/10
