# What was found before the end of the hours counts afterwards: two nights find what one does not.
manifest v1 canary m50%,50% disagreement bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% disagreement hours=00:01-00:02 bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=60/0~60/5
9 looks 5s v1=500/0
# By day nothing is judged anew, and nothing is forgotten.
100 looks 5s v1=500/0
look 85840s v1=500/0
look 1s v1=500/0
9 looks 5s v1=500/0 v2=60/0~60/5
