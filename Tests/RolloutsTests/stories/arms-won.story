# Three candidates beside stable: the first that is shown to be better takes over, and the others are given up.
manifest v1 abTest 25% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 25% arms=v3,v4 bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/0!100/20 v4=250/0!100/10
15 looks 5s v3=500/0
manifest v3 abTest 25% bake=60s
2 looks 5s v3=500/0
