# A healthy candidate goes through its steps to promotion, bake and health.
# Little traffic proves little: the small step goes on at its end, since nothing speaks against it; the
# large one goes on early, proven.
# The first deployment has nothing to compare with and goes straight to its bake.

manifest v1 canary 5%,50%
look 0s
look 1s
look 5s
13 looks 5s v1=250/1

manifest v2 canary 5%,50%
look 5s v1=250/1
look 1s v1=50/0
look 1s v1=50/0
24 looks 5s v1=237/1 v2=13/0
7 looks 5s v1=125/1 v2=125/0
30 looks 5s v2=250/1
