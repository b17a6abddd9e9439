# Samples too few for a proof end in a hold; one that is told to promote is promoted, and says how much may have moved.

manifest v1 canary 5%,50% bake=0s predictions=rollback
look 0s
look 1s
look 1s
manifest v2 canary 50% atLeast=10s atMost=60s bake=60s predictions=rollback
look 1s
look 1s
look 1s
14 looks 5s v1=100/0@1,1,0|2,0 v2=100/0@1,1,0|2,0
manifest v2 canary 50% atLeast=10s atMost=60s bake=60s predictions=rollback onInconclusive=promote
look 5s v1=100/0@1,1,0|2,0 v2=100/0@1,1,0|2,0
