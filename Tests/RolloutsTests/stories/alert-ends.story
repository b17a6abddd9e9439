# An alert ends when the promise is proven to be kept again, a bake after it was last seen broken; the
# next breach is an alert again.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
40 looks 5s v1=250/1
manifest v1 canary 5%,50% bake=600s
10 looks 5s v1=250/60
# As long as it lasts, no more is said.
100 looks 5s v1=250/60
# It is well again.
200 looks 5s v1=250/0
10 looks 5s v1=250/60
