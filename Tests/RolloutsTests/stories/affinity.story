# Clients stay with a revision, and some ask far more than others: that half of them send a quarter of
# the requests is no wrong split.
manifest v1 canary 50% affinity bake=60s
look 1s
look 1s
13 looks 5s v1=250/0
manifest v2 canary 50% affinity bake=60s
look 1s
look 1s
look 1s
9 looks 5s v1=375/0 v2=125/0
14 looks 5s v2=500/0
