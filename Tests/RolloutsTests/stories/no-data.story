# No data never promotes: it holds, and goes on when requests arrive again.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
30 looks 5s
8 looks 5s v1=237/0 v2=13/0
2 looks 5s v1=125/0 v2=125/0
# Counters that cannot be read are no data either.
30 looks 5s unreadable
