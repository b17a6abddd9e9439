# From copies to those who ask for it: the first clients, so everything must be proven.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,hx-beta,50% bake=60s
look 1s
look 1s
look 1s
24 looks 5s v1=500/0 v2=10/0
7 looks 5s v1=500/0 v2=250/0
