# A rollback names every objective that caused it, the worst one first.

manifest v1 canary 5%,50% bake=0s latency
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% latency
look 1s
look 1s
look 1s
5 looks 5s v1=200/1/1 v2=50/25/10
