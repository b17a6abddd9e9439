# One tenant gets errors, and all together no more than before: the tenant is named.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s slices
look 1s
look 1s
look 1s
20 looks 5s v1=800/4+acme=40/0+zeta=160/2+=600/2 v2=200/1+acme=10/1+zeta=40/0+=150/0
