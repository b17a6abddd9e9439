# A newer revision supersedes the candidate and starts from nothing; going back to the stable one aborts.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
3 looks 5s v1=237/0 v2=13/0
manifest v3 canary 5%,50%
look 5s v1=237/0 v2=13/0
look 1s
look 1s
manifest v1 canary 5%,50%
look 1s
look 1s
