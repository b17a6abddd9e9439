# Within its promise, but far worse than stable at the same time.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atMost=3600s
look 1s
look 1s
look 1s
60 looks 5s v1=2000/1 v2=500/4
