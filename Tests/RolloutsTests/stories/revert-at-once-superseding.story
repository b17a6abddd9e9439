# A canary under way gives way to a return at once; matched, there is no baseline for it.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 50% atLeast=5s bake=0s
look 1s
look 1s
look 1s
8 looks 5s v1=500/0 v2=500/0
look 1s
manifest v3 canary 5%,50% matched revertAt=once
look 1s
look 1s
look 1s
manifest v1 canary 5%,50% matched revertAt=once bake=10s
look 1s
look 1s
look 1s
4 looks 5s v1=500/0
