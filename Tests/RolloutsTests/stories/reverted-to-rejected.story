# A manifest that asks for a rejected version is answered once, and so is the one that no longer does.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 1s
3 looks 5s v1=237/0 v2=13/13
# The rollback has said it all: the manifest still names v2.
2 looks 60s v1=250/0
# The team tidies up, and later reverts its revert.
manifest v1 canary 5%,50% bake=0s
look 6s v1=250/0
look 60s v1=250/0
manifest v2 canary 5%,50%
look 7s v1=250/0
look 60s v1=250/0
manifest v1 canary 5%,50% bake=0s
look 8s v1=250/0
# A suspended deployment is asked for nothing.
manifest v2 canary 5%,50% suspended
2 looks 5s v1=250/0
remove
runtime v1 absent
look 9s
look 1s
