# It is added while its step lasts, and judged from then on.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% bake=60s
look 1s
look 1s
look 1s
2 looks 5s v1=1900/0/0 v2=100/0/20
manifest v2 canary 5%,50% latency@5% bake=60s
8 looks 5s v1=1900/0/0 v2=100/0/20
