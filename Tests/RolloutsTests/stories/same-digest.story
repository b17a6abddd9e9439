# The digest of stable under another version is the same model: it is tried, and the decision says so.

manifest v1 canary 5%,50% bake=0s digest=aa
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% digest=aa
look 1s
manifest v3 canary 5%,50% digest=bb
look 1s
manifest v4 canary 5%,50% digest=aa
look 1s
