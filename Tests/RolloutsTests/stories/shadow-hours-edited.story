# Hours come and go with the manifest, and begin when risk may grow.
manifest v1 canary m50%,50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50%,50% bake=60s
look 1s
look 1s
look 1s
look 5s v1=500/0 v2=250/0
manifest v2 canary m50%,50% hours=12:00-06:00 bake=60s
look 5s v1=500/0 v2=250/0
manifest v2 canary m50%,50% hours=06:00-12:00 bake=60s
look 5s v1=500/0 v2=250/0
10 looks 5s v1=500/0
# Another share is copied at the same hours.
manifest v2 canary m80%,50% hours=06:00-12:00 bake=60s
3 looks 5s v1=500/0
# A person who suspends it by day wants no copies at night.
manifest v2 canary m50%,50% bake=60s suspended
3 looks 5s v1=500/0
unpublished
manifest v2 canary m50%,50% bake=60s
3 looks 5s v1=500/0
published
look 5s v1=500/0
look 1s v1=500/0
8 looks 5s v1=500/0 v2=250/0
