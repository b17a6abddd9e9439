# A manifest that disappears drains its revisions; one that comes back starts again.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
remove
runtime v1 ready
look 1s
look 1s
runtime v1 absent
look 1s
look 1s
manifest v1 canary 5%,50% bake=0s
runtime v1 ready
look 1s
look 1s
look 1s
