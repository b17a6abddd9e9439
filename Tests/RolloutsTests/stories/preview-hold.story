# The switch waits for a person, who reads what testers found.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 blueGreen preview then=hold bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=30/0
40 looks 5s v1=500/0
manifest v2 blueGreen preview bake=60s
look 5s v1=500/0
look 5s v1=500/0
