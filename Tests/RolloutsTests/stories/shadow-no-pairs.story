# No answers come in pairs: what is promised of them cannot be judged, and nothing goes on.
manifest v1 canary m50%,50% disagreement bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% disagreement bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0 v2=250/0
