# Testers are missed, and one of them is not enough, where the step says so.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% minRequests@hx-beta=20 noDataAfter@hx-beta=30s bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=3/0
24 looks 5s v1=500/0
2 looks 5s v1=500/0 v2=8/0
2 looks 5s v1=500/0 v2=5/0
