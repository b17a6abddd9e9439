# More tenants than are told apart: the others are judged together, also where another life of the intake told them apart.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s slices=1
look 1s
look 1s
look 1s
4 looks 5s v1=800/4+acme=40/0+=760/4 v2=200/1+acme=10/0+=190/1
40 looks 5s v1=800/4+zeta=40/0+=60/0 v2=200/1+zeta=10/1+=15/0
