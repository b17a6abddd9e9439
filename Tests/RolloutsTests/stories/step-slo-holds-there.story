# What is promised in one step is not asked in the next one, where answers are slower and no proof is awaited.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% latency@5% bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=1900/0/0 v2=100/0/0
7 looks 5s v1=250/0/10 v2=250/0/10
13 looks 5s v2=500/0/20
