# Too few pairs to prove anything: nothing speaks against it, and still no client is answered by it.
manifest v1 canary m10%,50% disagreement bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m10%,50% disagreement bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=50/0 v2=5/0~5/0
