# A promise that is given up while it is broken ends the alert after a bake; another limit is proven first.

manifest v1 canary 5%,50% bake=0s latency
look 0s
look 1s
look 1s
10 looks 5s v1=250/0/60
manifest v1 canary 5%,50% bake=0s
2 looks 5s v1=250/0/60
