# A bake that leaves stable as much as a step did is no step.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 50%,90% latency@90% holdback=10% bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=250/0/0 v2=250/0/0
7 looks 5s v1=50/0/0 v2=450/0/0
20 looks 5s v1=50/0/5 v2=450/0/40
