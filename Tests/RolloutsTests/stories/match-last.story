# A match alone proves little for all traffic: a canary asks for proof.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta bake=60s
look 1s
look 1s
look 1s
24 looks 5s v1=500/0 v2=1/0
20 looks 5s v1=400/0 v2=100/0
