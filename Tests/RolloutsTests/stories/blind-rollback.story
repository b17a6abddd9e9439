# Where no data must not be waited for, `onBlind: rollback` gives the candidate up.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% onBlind=rollback
look 1s
look 1s
look 1s
15 looks 5s
