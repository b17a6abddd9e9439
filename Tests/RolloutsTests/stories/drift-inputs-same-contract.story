# One that declares the same as stable is not: the rollout holds.

manifest v1 canary 5%,50% bake=0s inputs=rollback profile=one
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=240s atMost=600s bake=60s inputs=rollback profile=one
look 1s
look 1s
look 1s
60 looks 5s v1=400/0@0,12,28|28,12 v2=100/0@0,3,7|7,3
