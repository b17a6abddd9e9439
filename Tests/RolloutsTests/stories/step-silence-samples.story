# Samples are missed after as long as the step says.
manifest v1 canary 5%,50% bake=0s predictions=rollback inputs=alert
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=60s atMost=600s bake=60s predictions=rollback inputs=alert noDataAfter@20%=30s
look 1s
look 1s
look 1s
10 looks 5s v1=4000/0 v2=1000/0
