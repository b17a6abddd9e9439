# A tester meets an error: not enough to take it back, and enough to ask a person, who approves.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 blueGreen preview bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=9/1
24 looks 5s v1=500/0
manifest v2 blueGreen bake=60s
look 5s v1=500/0
