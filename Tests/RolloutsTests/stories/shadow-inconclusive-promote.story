# Where it answers clients there are no pairs, and nothing waits for any.
manifest v1 canary m50%,50% disagreement onInconclusive=promote bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% disagreement onInconclusive=promote bake=60s
look 1s
look 1s
look 1s
7 looks 5s v1=500/1 v2=250/0~240/0
60 looks 5s v1=4/0 v2=4/0
