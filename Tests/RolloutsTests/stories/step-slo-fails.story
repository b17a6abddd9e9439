# In its own step it takes the candidate back, and says which one it was.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% latency@50% bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=1900/0/0 v2=100/0/8
8 looks 5s v1=250/0/0 v2=250/0/20
