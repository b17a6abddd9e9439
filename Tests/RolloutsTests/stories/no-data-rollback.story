# Where no data must not be waited for, `onNoData: rollback` gives the candidate up.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% onNoData=rollback
look 1s
look 1s
look 1s
15 looks 5s
