# What cannot be loaded is refused before any traffic.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
runtime v2 failed digest differs: sha256:aa, not sha256:bb
look 1s
look 1s
