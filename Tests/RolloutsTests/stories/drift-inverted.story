# A classifier with inverted answers, at 40 requests a second and steps of 10 to 20 s: it gets no more than the last
# step before the evidence takes it back, however short the steps are.

manifest v1 canary 5%,50% bake=0s predictions=rollback
look 0s
look 1s
look 1s
manifest v2 canary 5%,25%,50% atLeast=10s atMost=20s bake=60s predictions=rollback
look 1s
look 1s
look 1s
4 looks 5s v1=190/0@100,60,30|163,27 v2=10/0@6,3,1|1,9
4 looks 5s v1=150/0@80,50,20|129,21 v2=50/0@26,15,9|7,43
40 looks 5s v1=100/0@60,30,10|86,14 v2=100/0@60,30,10|14,86
