# Somebody asks when it stands still already: it goes on.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 blueGreen preview bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0
look 5s v1=500/0 v2=2/0
look 5s v1=500/0
