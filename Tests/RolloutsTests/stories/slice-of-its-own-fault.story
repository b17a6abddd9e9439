# A tenant whose requests fail with either revision is no reason to take the candidate back.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 50% bake=60s slices
look 1s
look 1s
look 1s
20 looks 5s v1=500/2+acme=20/2+=480/0 v2=500/2+acme=20/2+=480/0
20 looks 5s v2=1000/4
