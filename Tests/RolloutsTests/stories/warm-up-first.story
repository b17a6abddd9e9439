# The first to serve has nothing to be compared with, and waits for no requests to warm it up.
manifest v1 canary 5%,50% warmUp=100 bake=60s
look 1s
look 1s
14 looks 5s v1=1/0
