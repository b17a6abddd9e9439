# Of a mirror alone: what was found there counts on, and no pairs are awaited afterwards.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% disagreement@m50% bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=500/0 v2=250/0~240/0
8 looks 5s v1=250/0 v2=250/0
