# Too few requests by the end of a step: hold, and advance once there are enough.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
30 looks 5s v1=20/0 v2=1/0
16 looks 5s v1=95/0 v2=5/0
4 looks 5s v1=50/0 v2=50/0
