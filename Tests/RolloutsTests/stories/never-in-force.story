# Traffic that never comes into force, or cannot be counted, holds the rollout and says so.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
20 looks 5s unreadable
# Once it can be counted, it goes on.
25 looks 5s v1=237/0 v2=13/0
