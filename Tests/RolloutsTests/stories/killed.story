# A candidate whose server is killed is taken back for that: what failed was never answered.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
died v2 signal 9 oom MemoryError: Unable to allocate 7.45 GiB for an array
look 5s v1=237/1 v2=13/13
died v2 signal 9 oom MemoryError: Unable to allocate 7.45 GiB for an array
look 5s v1=237/1 v2=13/13
# A server that died once and answers again is no reason.
manifest v3 canary 5%,50%
look 1s
look 1s
died v3 exit 3 RuntimeError: no device
look 1s
2 looks 5s v1=237/1 v3=13/0
