# It stood still for a person, who then asks for more; by then it is not proven, and that is said.
manifest v1 canary m50% disagreement then=hold bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50% disagreement then=hold onInconclusive=rollback bake=60s
look 1s
look 1s
look 1s
24 looks 5s v1=500/0 v2=250/0~240/0
# While a person reads, one look that is not proven takes nothing back.
12 looks 5s v1=500/0 v2=250/0~240/14
manifest v2 canary m50% disagreement onInconclusive=hold bake=60s
8 looks 5s v1=500/0 v2=250/0~240/14
