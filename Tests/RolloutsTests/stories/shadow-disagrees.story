# Fast, without errors, and other answers for one request in ten: only pairs show it.
manifest v1 canary m50%,50% disagreement bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% disagreement bake=60s
look 1s
look 1s
look 1s
8 looks 5s v1=500/0 v2=250/0~240/24
