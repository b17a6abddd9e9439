# In the bake there is no baseline to compare with. What is left of the evidence of the steps does not keep
# a candidate from health that is proven; one that breaks its promise is rolled back.

manifest v1 canary 5%,50% matched bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20% matched bake=60s
look 1s
look 1s
look 1s
look 5s v1=600/0 b1=200/0 v2=200/1
6 looks 5s v1=600/1 b1=200/0 v2=200/0
15 looks 5s v2=1000/2
manifest v3 canary 20% matched bake=60s
look 5s v2=1000/2
look 1s
look 1s
6 looks 5s v2=600/0 b2=200/0 v3=200/0
3 looks 5s v3=1000/2
12 looks 5s v3=1000/50
