# The first to serve has nothing to go back to: the alert says what became of its server.

manifest v1 canary 5%,50% bake=60s
look 0s
look 1s
look 1s
died v1 exit 1 OSError: model.bin is cut off
4 looks 5s v1=250/250
