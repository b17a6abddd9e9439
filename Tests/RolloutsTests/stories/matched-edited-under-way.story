# A manifest that no longer asks for a baseline keeps the one of the present candidate, whose tests began
# with it. Where there is no room for two equal shares, the baseline gets none, and nothing is compared:
# not even what it was asked before.

manifest v1 canary 5%,50% matched bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% matched
look 1s
look 1s
look 1s
manifest v2 canary 20%,80%
6 looks 5s v1=600/1 b1=200/0 v2=200/0
20 looks 5s v1=200/0 b1=1/0 v2=800/1
manifest v3 canary 20%,80%
look 5s v1=200/0 v2=800/1
look 1s
