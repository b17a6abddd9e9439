# Copies at certain minutes of a day: the step stands still outside them, without a first copy and without a timeout.
manifest v1 canary m50% disagreement bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary m50% disagreement atLeast=90s hours=00:02-00:03 bake=60s
look 1s
look 1s
look 1s
10 looks 5s v1=500/0
# Within them it is judged, and has a minute of the ninety seconds that it lasts at least.
look 1s
14 looks 5s v1=500/0 v2=250/0~240/0
# Nobody misses what nobody sends, and atMost is not over.
200 looks 5s v1=500/0
look 85299s v1=500/0
# The next day it has half a minute to go.
40 looks 5s v1=500/0 v2=250/0~240/0
