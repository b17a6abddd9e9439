# Two tenants get errors, and so do all together: the objective says it.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s slices
look 1s
look 1s
look 1s
20 looks 5s v1=800/4+acme=40/0+zeta=160/0+=600/4 v2=200/60+acme=50/30+zeta=50/30+=100/0
