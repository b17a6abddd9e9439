# Testers are few and come when they have time: little is proven, nothing speaks against it.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=3/0
24 looks 5s v1=500/0
