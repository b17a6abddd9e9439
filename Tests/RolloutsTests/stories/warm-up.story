# A cold server answers its first requests badly, and they do not count; what comes later does.
manifest v1 canary 5%,50% bake=60s
look 1s
look 1s
13 looks 5s v1=250/0
manifest v2 canary 5%,50% warmUp=100 bake=60s
look 1s
look 1s
4 looks 5s v1=237/0 v2=25/20
24 looks 5s v1=237/0 v2=13/0
12 looks 5s v1=125/0 v2=125/0
# It was warm: the next step counts from the look at which its share is in force.
14 looks 5s v2=250/0
