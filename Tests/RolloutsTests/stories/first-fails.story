# The first deployment has nothing to go back to: a breach is an alert, and it serves on.

manifest v1 canary 5%,50% bake=60s
look 0s
look 1s
look 1s
4 looks 5s v1=250/250
# A later revision is tried against it as usual.
manifest v2 canary 5%,50%
look 5s v1=250/250
