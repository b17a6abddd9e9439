# More of its entities reach the goal: it takes all traffic, and what entities do is asked no more.
manifest v1 abTest 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0!100/10 v2=250/0!100/20
15 looks 5s v2=500/0
