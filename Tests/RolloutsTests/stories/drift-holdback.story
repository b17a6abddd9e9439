# The same with 5% held back: stable is beside it, and the world that changes for both is not held against it. It is
# when its predictions alone collapse.

manifest v1 canary 5%,50% bake=0s predictions=rollback
look 0s
look 1s
look 1s
manifest v2 canary 50% atLeast=10s atMost=300s bake=300s holdback=5% predictions=rollback
look 1s
look 1s
look 1s
14 looks 5s v1=100/0@60,30,10|70,30 v2=100/0@60,30,10|70,30
20 looks 5s v1=10/0@6,3,1|1,9 v2=190/0@100,60,30|20,170
40 looks 5s v1=10/0@6,3,1|1,9 v2=190/0@100,60,30|190,0
