# One candidate gets too many of the entities: nothing is decided on any of them.
manifest v1 abTest 25% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 25% arms=v3 bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0!200/20 v2=250/0!100/10 v3=250/0!140/35
