# Copies are in no slice: they begin with the first client.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m20%,50% bake=60s slices
look 1s
look 1s
look 1s
13 looks 5s v1=800/4+acme=40/0+=760/4 v2=200/1+acme=10/9+=190/0
20 looks 5s v1=500/3+acme=50/0+=450/3 v2=500/3+acme=50/3+=450/0
