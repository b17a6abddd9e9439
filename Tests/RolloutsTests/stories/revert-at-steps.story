# Without the setting the revision before stable comes back by the steps, and with it no other does at once.

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
manifest v1 canary 5%,50%
look 1s
look 1s
look 1s
# There is no time for steps, after all.
manifest v1 canary 5%,50% revertAt=once
look 1s
manifest v2 canary 5%,50% bake=0s
look 1s
manifest v3 canary 50% atLeast=5s bake=0s revertAt=once
look 1s
look 1s
look 1s
8 looks 5s v2=500/0 v3=500/0
look 1s
# v1 was stable once, but not before v3.
manifest v1 canary 5%,50% revertAt=once
look 1s
look 1s
