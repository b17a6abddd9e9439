# Still bad when it is warm.
manifest v1 canary 5%,50% bake=60s
look 1s
look 1s
13 looks 5s v1=250/0
manifest v2 canary 5%,50% warmUp=100 bake=60s
look 1s
look 1s
24 looks 5s v1=237/0 v2=25/20
