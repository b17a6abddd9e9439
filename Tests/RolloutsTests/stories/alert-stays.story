# Without requests nothing is shown, and what is short of the promise by little is not kept, either.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
10 looks 5s v1=250/60
1000 looks 5s
1000 looks 5s v1=250/3
# Then it is kept: what went before is forgotten.
200 looks 60s v1=10/0
