# Another crowd asks other things: testers that are answered worse than all others, within the promise, are not compared.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary hx-beta,50% latency bake=60s
look 1s
look 1s
look 1s
40 looks 5s v1=2000/0/0 v2=100/0/1
