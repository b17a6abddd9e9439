# A candidate that predicts as stable does waits in the last step until a move of 20% is excluded, and the old
# version keeps 5% in the bake to be compared with.

manifest v1 canary 5%,50% bake=0s predictions=rollback
look 0s
look 1s
look 1s
manifest v2 canary 50% atLeast=10s atMost=300s bake=60s holdback=5% predictions=rollback
look 1s
look 1s
look 1s
40 looks 5s v1=100/0@6,3,1|9,1 v2=100/0@6,3,1|9,1
13 looks 5s v1=10/0@6,3,1|9,1 v2=190/0@100,60,30|170,20
look 5s v1=0/0 v2=200/0
