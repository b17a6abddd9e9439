# Few clients ask for it, and none of their requests is taken to warm it up.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% warmUp=20 bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=500/0
5 looks 5s v1=500/0 v2=4/0
30 looks 5s v1=500/0
