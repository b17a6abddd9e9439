# A change of steps under a running rollout is no new revision and moves no traffic by itself.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
2 looks 5s v1=237/0 v2=13/0
manifest v2 canary 20%,60%
look 5s v1=237/0 v2=13/0
9 looks 5s v1=237/0 v2=13/0
# A manifest that is wrong leaves the last good one in force.
broken
7 looks 5s v1=200/0 v2=50/0
10 looks 5s v1=100/0 v2=150/0
