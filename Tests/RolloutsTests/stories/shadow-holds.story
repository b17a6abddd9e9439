# A person decides: the steps are passed, and nothing follows until the manifest says so.
manifest v1 canary m50% disagreement then=hold bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50% disagreement then=hold bake=60s
look 1s
look 1s
look 1s
30 looks 5s v1=500/0 v2=250/0~240/0
manifest v2 canary m50% disagreement bake=60s
look 5s v1=500/0 v2=250/0~240/0
14 looks 5s v2=500/0
