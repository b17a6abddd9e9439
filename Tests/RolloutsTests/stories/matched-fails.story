# A candidate that keeps its promise, and yet is worse than an equal at look after look, is rolled back.

manifest v1 canary 5%,50% matched bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% matched
look 1s
look 1s
look 1s
60 looks 5s v1=600/1 b1=200/0 v2=200/1
