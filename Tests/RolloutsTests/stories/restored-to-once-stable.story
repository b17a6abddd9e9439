# When nothing serves, a version that was stable once is tried again although it was rejected later.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 50% atLeast=5s bake=0s
look 1s
look 1s
look 1s
8 looks 5s v1=500/0 v2=500/0
look 1s
# A way back through a canary fails: v1 is rejected.
manifest v1 canary 5%,50% bake=0s
look 1s
look 1s
look 1s
3 looks 5s v2=237/0 v1=13/13
# Beside v2 it stays rejected; alone it is tried again, once its manifest comes back.
remove
runtime v1 absent
runtime v2 absent
look 1s
look 1s
manifest v1 canary 5%,50% bake=0s
runtime v1 ready
look 1s
look 1s
look 1s
look 5s v1=250/0
# From now on it is not rejected any more: it may come back as any other.
manifest v2 canary 50% atLeast=5s bake=0s
runtime v2 ready
look 1s
look 1s
look 1s
8 looks 5s v1=500/0 v2=500/0
look 1s
manifest v1 canary 5%,50% bake=0s
look 1s
