# What testers find takes it back, and what stable does at the same time is no measure.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% bake=60s
look 1s
look 1s
look 1s
8 looks 5s v1=490/0 v2=10/2
