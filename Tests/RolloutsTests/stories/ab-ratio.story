# The candidate got far more of the entities than was asked: whatever they do, nothing is decided on it.
manifest v1 abTest 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=250/0!60/6 v2=250/0!140/28
