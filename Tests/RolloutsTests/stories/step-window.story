# A step that asks for more requests than all steps do waits for them; the next one takes what all take.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% minRequests@5%=500 bake=60s
look 1s
look 1s
look 1s
40 looks 5s v1=237/0 v2=13/0
26 looks 5s v1=5/0 v2=5/0
