# A candidate that answers, but slowly, breaks the latency objective and no other.

manifest v1 canary 5%,50% bake=0s latency
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% latency
look 1s
look 1s
look 1s
3 looks 5s v1=237/1/1 v2=13/0/13
