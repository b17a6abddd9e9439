# None is better: all go at the end, as onInconclusive says, or the one that does best stays.
manifest v1 abTest 25% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 25% arms=v3,v4 bake=60s onInconclusive=rollback
look 1s
look 1s
look 1s
30 looks 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/0!100/11 v4=250/0!100/10
manifest v5 abTest 25% arms=v6,v7 bake=60s onInconclusive=promote
look 1s
look 1s
look 1s
30 looks 5s v1=250/0!100/10 v5=250/0!100/10 v6=250/0!100/11 v7=250/0!100/10
15 looks 5s v6=500/0
