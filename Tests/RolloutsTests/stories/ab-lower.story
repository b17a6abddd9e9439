# What is counted is bad, so that fewer of it win.
manifest v1 abTest 50% lower bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% lower bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0!100/20 v2=250/0!100/10
15 looks 5s v2=500/0
