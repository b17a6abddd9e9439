# The world changes while nothing is on trial, and changes back.

manifest v1 canary 5%,50% bake=0s inputs=alert
look 0s
look 1s
look 1s
30 looks 5s v1=500/0@0,15,35|35,15
400 looks 5s v1=500/0@30,15,5|35,15
