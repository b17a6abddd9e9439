# The first deployment fails, and is well again: the alert ends, and from then on it was stable once.

manifest v1 canary 5%,50% bake=60s
look 0s
look 1s
look 1s
4 looks 5s v1=250/250
60 looks 5s v1=250/0
