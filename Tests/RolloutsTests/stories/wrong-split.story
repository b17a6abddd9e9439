# A candidate that gets fewer requests than were asked for gets different ones: hold, and go on once the
# shares are right.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atMost=3600s
look 1s
look 1s
look 1s
10 looks 5s v1=225/0 v2=25/0
66 looks 5s v1=200/0 v2=50/0
