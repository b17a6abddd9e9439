# A version that was stable once and fails when nothing else serves is not tried in a circle.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
remove
runtime v1 absent
look 1s
look 1s
manifest v1 canary 5%,50% bake=0s
runtime v1 failed no such file
look 1s
look 1s
look 1s
look 60s
