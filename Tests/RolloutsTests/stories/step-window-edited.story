# A manifest that asks for fewer, or for more, holds from the next look on; a share that is no step any more takes what
# the one below it says.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% minRequests@5%=500 bake=60s
look 1s
look 1s
look 1s
26 looks 5s v1=237/0 v2=13/0
manifest v2 canary 5%,50% minRequests@5%=200 bake=60s
look 5s v1=237/0 v2=13/0
look 1s
manifest v2 canary 20%,80% minRequests@20%=400 noDataAfter@20%=15s bake=60s
30 looks 5s v1=10/0 v2=10/0
4 looks 5s v1=100/0
