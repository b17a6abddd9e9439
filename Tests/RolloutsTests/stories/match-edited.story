# Another header in the manifest does not hand the candidate to others: that is for the next one.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% bake=60s
look 1s
look 1s
look 1s
2 looks 5s v1=500/0 v2=10/0
manifest v2 canary hx-qa,50% bake=60s
10 looks 5s v1=500/0 v2=30/0
3 looks 5s v1=500/0 v2=30/0
