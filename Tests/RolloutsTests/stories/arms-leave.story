# One candidate breaks a promise, one loses and leaves: the others keep their parts, and the last one is judged alone.
manifest v1 abTest 25% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 25% arms=v3,v4 bake=60s
look 1s
look 1s
look 1s
10 looks 5s v1=250/0!100/10 v2=250/100!100/10 v3=250/0!100/10 v4=250/0!100/10
15 looks 5s v1=250/0!100/10 v3=250/0!100/2 v4=250/0!100/10
40 looks 5s v1=250/0!100/10 v4=250/0!100/20
15 looks 5s v4=500/0
