# Others draw who sends a header, as many as they said: their candidate wins as one that Serin draws.
manifest v1 abTest 50% drawn bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% drawn bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0!100/10 v2=250/0!100/20
15 looks 5s v2=500/0
