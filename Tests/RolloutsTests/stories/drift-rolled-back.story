# After a rollback the profile of what serves is in force again, not that of the manifest.

manifest v1 canary 5%,50% bake=0s inputs=alert profile=one
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=240s atMost=600s bake=60s inputs=alert profile=two
look 1s
look 1s
look 1s
20 looks 5s v1=400/0@24,12,4|28,12 v2=100/60@6,3,1|7,3
look 1s v1=100/0
60 looks 5s v1=500/0@0,15,35|35,15
