# A manifest that comes back with a version that was rejected: nothing serves, which is an alert, said once.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
3 looks 5s v1=237/0 v2=13/13
remove
runtime v1 absent
runtime v2 absent
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 60s
look 60s
# The way out.
manifest v3 canary 5%,50%
look 1s
look 1s
