# All tenants are well: nothing is said of them, and nothing is waited for.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s slices latency
look 1s
look 1s
look 1s
7 looks 5s v1=800/1/1+acme=40/0+zeta=160/0/1+=600/1 v2=200/0+acme=10/0+zeta=40/0+=150/0
8 looks 5s v1=500/1/1+acme=25/0+zeta=100/1+=375/0/1 v2=500/1/1+acme=25/0+zeta=100/1+=375/0/1
20 looks 5s v2=1000/2/2
