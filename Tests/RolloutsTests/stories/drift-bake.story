# Nothing is held back: in the bake the candidate, whose predictions collapse when it has all traffic, is compared
# with what stable predicted in the steps.

manifest v1 canary 5%,50% bake=0s predictions=rollback
look 0s
look 1s
look 1s
manifest v2 canary 50% atLeast=10s atMost=300s bake=300s predictions=rollback
look 1s
look 1s
look 1s
40 looks 5s v1=100/0@60,30,10|70,30 v2=100/0@60,30,10|70,30
40 looks 5s v2=200/0@100,70,30|0,200
