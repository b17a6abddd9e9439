# Testers see it before the switch, some requests without a fault are enough for it.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 blueGreen preview bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=3/0
23 looks 5s v1=500/0
14 looks 5s v2=500/0
