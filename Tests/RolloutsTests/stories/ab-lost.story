# Fewer reach it: the candidate is removed, although it keeps every promise.
manifest v1 abTest 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0!100/20 v2=250/0!100/10
