# An A/B test is one step, and misses its entities after as long as that step says.
manifest v1 abTest 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% noDataAfter@50%=20s bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=250/0 v2=250/0
2 looks 5s v1=250/0!100/10 v2=250/0!100/10
