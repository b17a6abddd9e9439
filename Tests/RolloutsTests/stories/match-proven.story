# Those who ask for it meet it first; then it gets its shares. Of the split of a match nothing is asked.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=400/0 v2=100/0
20 looks 5s v1=250/0 v2=250/0
14 looks 5s v2=500/0
