# A candidate whose predictions collapse, while every answer comes in time, is rolled back for that.

manifest v1 canary 5%,50% bake=0s predictions=rollback inputs=alert
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=240s atMost=600s bake=60s predictions=rollback inputs=alert
look 1s
look 1s
look 1s
60 looks 5s v1=400/0@24,12,4|28,12 v2=100/0@6,3,1|0,10
