# Its errors reach no client, and count all the same.
manifest v1 canary m50%,50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% bake=60s
look 1s
look 1s
look 1s
8 looks 5s v1=500/1 v2=250/60
