# What was unloaded and is missing now cannot be loaded again: nothing serves, and that is said.

manifest v1 recreate bake=0s
look 0s
look 1s
look 1s
manifest v2 recreate bake=600s
runtime v1 absent
look 1s
look 1s
look 1s
3 looks 5s v2=250/250
runtime v2 absent
look 1s
runtime v1 preparing waiting for file:///models/v1: no such file
look 300s
look 300s
# What can be loaded goes first.
manifest v3 recreate
look 1s
