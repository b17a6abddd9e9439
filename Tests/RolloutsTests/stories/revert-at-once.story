# The revision before stable comes back without steps when the manifest says so: prepared, switched, baked.

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
# In a hurry.
manifest v1 canary 5%,50% bake=60s revertAt=once
runtime v1 preparing loading
look 1s
look 1s
runtime v1 ready
look 1s
look 1s
14 looks 5s v1=500/0
# And forward again: v2 is now the one before.
manifest v2 canary 5%,50% bake=60s revertAt=once
look 1s
look 1s
look 1s
# It fails in its bake: back to v1, and v2 never comes back at once, or at all.
4 looks 5s v2=250/250
2 looks 5s v1=250/0
manifest v3 canary 5%,50% revertAt=once
look 1s
look 1s
