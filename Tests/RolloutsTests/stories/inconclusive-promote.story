# `onInconclusive: promote` goes on at the end of a step, but never without any data.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% onInconclusive=promote
look 1s
look 1s
look 1s
24 looks 5s v1=20/0 v2=1/0
2 looks 5s v1=10/0 v2=11/0
look 1s
30 looks 5s v1=0/0
