# Both are alike, and the manifest says that then the new one is removed.
manifest v1 abTest 50% bake=60s onInconclusive=rollback
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 50% bake=60s onInconclusive=rollback
look 1s
look 1s
look 1s
30 looks 5s v1=250/0!100/15 v2=250/0!100/15
