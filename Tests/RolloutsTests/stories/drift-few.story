# Too few predictions to compare: the candidate does not get all traffic.

manifest v1 canary 5%,50% bake=0s predictions=rollback inputs=alert
look 0s
look 1s
look 1s
manifest v2 canary 50% bake=60s predictions=rollback
look 1s
look 1s
look 1s
40 looks 5s v1=100/0 v2=100/0
