# The candidate does not answer copies; stable answers the clients, whose requests nothing happens to.
manifest v1 canary m50%,50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0
