# What fails in bursts alternates no faster than once in a bake.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
10 looks 5s v1=250/60
manifest v1 canary 5%,50% bake=600s
60 looks 5s v1=250/0
10 looks 5s v1=250/60
60 looks 5s v1=250/0
10 looks 5s v1=250/60
60 looks 5s v1=250/0
10 looks 5s v1=250/60
130 looks 5s v1=250/0
