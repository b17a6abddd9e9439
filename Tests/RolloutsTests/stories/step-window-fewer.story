# A step that asks for fewer goes on by them, and the bake asks for what all steps do.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% minRequests@5%=20 bake=60s
look 1s
look 1s
look 1s
24 looks 5s v1=19/0 v2=1/0
7 looks 5s v1=300/0 v2=300/0
27 looks 5s v2=3/0
5 looks 5s v2=20/0
