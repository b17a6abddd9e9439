# A team that wants no version back by itself says so: a rejected one is an alert, also when it was stable once.

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
manifest v1 canary 5%,50% bake=0s
look 1s
look 1s
look 1s
3 looks 5s v2=237/0 v1=13/13
remove
runtime v1 absent
runtime v2 absent
look 1s
look 1s
manifest v1 canary 5%,50% bake=0s whenNothingServes=alert
look 1s
look 60s
# The setting is followed when it changes.
manifest v1 canary 5%,50% bake=0s
runtime v1 ready
look 1s
