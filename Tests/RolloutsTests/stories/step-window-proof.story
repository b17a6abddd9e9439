# A proof is of a promise, and as many requests as the step asks for come first.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% minRequests@5%=1500 bake=60s
look 1s
look 1s
look 1s
16 looks 5s v1=1900/0 v2=100/0
