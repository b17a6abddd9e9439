# How long a step goes without a request is its own to say: shorter where clients come all the time, and longer.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 5%,20%,50% noDataAfter@5%=20s noDataAfter@20%=90s bake=60s
look 1s
look 1s
look 1s
6 looks 5s unreadable
18 looks 5s v1=237/0 v2=13/0
look 5s v1=200/0 v2=50/0
20 looks 5s unreadable
3 looks 5s v1=200/0 v2=50/0
14 looks 5s unreadable
