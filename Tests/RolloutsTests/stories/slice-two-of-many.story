# Two tenants get errors, and all together fewer than before: the worst one is named, and that there is another.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s slices
look 1s
look 1s
look 1s
40 looks 5s v1=8000/40+acme=40/0+zeta=40/0+=600/3 v2=2000/7+acme=10/4+zeta=10/3+=480/0
