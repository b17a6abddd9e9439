# After the bake nothing is left to go back to: a breach is an alert, said once.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
40 looks 5s v1=250/1
10 looks 5s v1=250/60
