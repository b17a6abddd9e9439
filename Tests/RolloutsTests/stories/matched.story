# With `matched`, a fresh copy of stable (b1) gets the candidate's share in every step, and is what the
# candidate is compared with: that the old servers, with their full caches, do better counts for nobody.
# At half of the traffic nothing is left for them, but they stay loaded for the way back.

manifest v1 canary 5%,50% matched bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% matched latency
look 1s
runtime b1 preparing loading
look 1s
runtime b1 ready
look 1s
look 1s
15 looks 5s v1=600/0/0 b1=200/0/1 v2=200/0/1
20 looks 5s b1=500/0/2 v2=500/0/2
30 looks 5s v2=1000/0/4
