# Others draw fewer than they said: whatever these do, nothing is decided on it.
manifest v1 abTest 50% drawn bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% drawn bake=60s
look 1s
look 1s
look 1s
20 looks 5s v1=350/0!140/14 v2=150/0!60/12
