# Without a request the manifest may also take it back.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 blueGreen preview onNoData=rollback bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0
