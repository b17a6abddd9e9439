# The world changes for good: people are told each day, until it is as before or the profile is another.

manifest v1 canary 5%,50% bake=0s inputs=alert
look 0s
look 1s
look 1s
3000 looks 60s v1=500/0@0,15,35|35,15
400 looks 60s v1=500/0@30,15,5|35,15
30 looks 60s v1=500/0@0,15,35|35,15
