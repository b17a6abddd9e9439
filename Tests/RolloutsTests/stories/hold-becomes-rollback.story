# A policy that is edited from hold to rollback takes the candidate back, and nothing stands still behind it.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% onNoData=hold
look 1s
look 1s
look 1s
15 looks 5s
manifest v2 canary 5%,50% onNoData=rollback
2 looks 5s
# The next candidate is held for want of data again, which is recorded again.
manifest v3 canary 5%,50% onNoData=hold
look 1s
look 1s
look 1s
15 looks 5s
