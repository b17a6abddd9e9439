# A preview without a request shows nothing; a person who needs none says so.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 blueGreen preview bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0
manifest v2 blueGreen bake=60s
look 5s v1=500/0
14 looks 5s v2=500/0
