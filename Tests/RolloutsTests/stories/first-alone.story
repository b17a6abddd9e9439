# The first to serve completes with too few requests for a proof: its reason says why, and no setting is blamed for it.

manifest v1 canary 5%,50% bake=10s
look 0s
look 1s
look 1s
4 looks 5s v1=10/0
