# A candidate that fails every request is rolled back within three looks of the test.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
3 looks 5s v1=237/1 v2=13/13
# The verdict is final: the manifest still names v2, and nothing happens.
10 looks 60s v1=250/1
# A retry is a commit.
manifest v3 canary 5%,50%
look 5s
