# Slices that are asked for in the middle of a rollout begin there; those no longer asked for say nothing.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s
look 1s
look 1s
look 1s
4 looks 5s v1=800/1 v2=200/0
manifest v2 canary 20%,50% bake=60s slices
2 looks 5s v1=800/1+acme=40/0+=760/1 v2=200/0+acme=10/2+=190/0
manifest v2 canary 20%,50% bake=60s
look 5s v1=800/1 v2=200/0
8 looks 5s v1=500/1 v2=500/1
