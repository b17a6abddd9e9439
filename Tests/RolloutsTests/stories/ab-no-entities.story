# No request has the header.
manifest v1 abTest 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0 v2=250/0
2 looks 5s v1=250/0!100/10 v2=250/0!100/10
