# `recreate` never holds two revisions: the old one is gone before the new one loads, also on the way back.

manifest v1 recreate bake=0s
look 0s
look 1s
look 1s
manifest v2 recreate bake=600s
runtime v1 ready
look 1s
look 1s
runtime v1 absent
look 1s
look 1s
look 1s
3 looks 5s v2=250/250
runtime v2 ready
look 1s
runtime v2 absent
look 1s
runtime v1 ready
look 1s
look 1s
