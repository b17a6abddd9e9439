# Evidence that mounts without condemning yet keeps the candidate from more traffic, until the end of the
# step, when `onInconclusive: promote` says that somebody takes the risk.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% onInconclusive=promote
look 1s
look 1s
look 1s
5 looks 5s v1=200/0 v2=50/0
5 looks 5s v1=200/0 v2=50/2
16 looks 5s v1=200/0 v2=50/0
