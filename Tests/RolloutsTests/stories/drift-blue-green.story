# Blue-green has no steps: predictions are compared in a bake that holds something back, which ends when a move of 20%
# is excluded.

manifest v1 canary 5%,50% bake=0s predictions=rollback
look 0s
look 1s
look 1s
manifest v2 blueGreen bake=30s holdback=10% predictions=rollback
look 1s
look 1s
look 1s
60 looks 5s v1=20/0@12,6,2|16,4 v2=180/0@100,60,20|144,36
