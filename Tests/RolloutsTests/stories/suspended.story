# A suspended rollout does not advance, but its rollback stays armed.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
manifest v2 canary 5%,50% suspended
20 looks 5s v1=237/0 v2=13/0
manifest v2 canary 5%,50%
2 looks 5s v1=237/0 v2=13/0
manifest v2 canary 5%,50% suspended
look 5s v1=125/0 v2=125/0
3 looks 5s v1=125/0 v2=125/125
look 5s v1=250/0
