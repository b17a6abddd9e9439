# Copies first: the candidate answers no client until its answers are shown to be stable's.
manifest v1 canary m50%,50% disagreement bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% disagreement bake=60s
look 1s
look 1s
look 1s
7 looks 5s v1=500/1 v2=250/0~240/0
# Both now answer clients, and no request twice: what was promised of pairs is not waited for.
9 looks 5s v1=250/0 v2=250/0
14 looks 5s v2=500/0
