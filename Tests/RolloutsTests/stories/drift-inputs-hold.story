# The same where it holds: nothing goes on until the traffic is as it was.

manifest v1 canary 5%,50% bake=0s inputs=hold
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=240s atMost=3600s bake=60s inputs=hold
look 1s
look 1s
look 1s
60 looks 5s v1=400/0@0,12,28|28,12 v2=100/0@0,3,7|7,3
400 looks 5s v1=400/0@24,12,4|28,12 v2=100/0@6,3,1|7,3
