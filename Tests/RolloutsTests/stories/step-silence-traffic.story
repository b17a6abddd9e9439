# Traffic that is never in force is waited for as long as the step goes without a request.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,50% noDataAfter@5%=20s warmUp=100 onNoData=rollback bake=60s
look 1s
look 1s
6 looks 5s v1=250/0
