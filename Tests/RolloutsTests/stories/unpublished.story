# While decisions cannot be published, risk does not grow; a rollback happens all the same.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
unpublished
20 looks 5s v1=237/0 v2=13/0
3 looks 5s v1=237/0 v2=13/13
manifest v3 canary 5%,50%
look 5s v1=250/0
published
look 5s v1=250/0
