# A candidate that cannot be loaded is rejected alone; where one is left, it is a test of one.
manifest v1 abTest 25% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 25% arms=v3 bake=60s
look 1s
runtime v2 failed wrong digest
look 1s
look 1s
look 1s
20 looks 5s v1=750/0!300/30 v3=250/0!100/20
15 looks 5s v3=500/0
