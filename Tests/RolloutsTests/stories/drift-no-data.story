# Samples that never come, or not all of them, are no data, and no data promotes nobody.

manifest v1 canary 5%,50% bake=0s predictions=rollback inputs=alert
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=60s atMost=600s bake=60s predictions=rollback inputs=alert
look 1s
look 1s
look 1s
6 looks 5s v1=400/0@24,12,4|28,12 v2=100/0@lost
9 looks 5s v1=400/0 v2=100/0
12 looks 5s v1=400/0@24,12,4|28,12 v2=100/0@6,3,1|7,3
24 looks 5s v1=250/0@15,8,2|17,8 v2=250/0@6,3,1|7,3
