# Predictions are compared under the mirror, too; what is asked counts once, whoever answers.
manifest v1 canary m50%,50% atLeast=240s atMost=600s predictions=rollback inputs=alert bake=60s
look 1s
look 1s
13 looks 5s v1=500/0@60,30,10|70,30
manifest v2 canary m50%,50% atLeast=240s atMost=600s predictions=rollback inputs=alert bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0@60,30,10|70,30 v2=250/0@60,30,10|0,100
