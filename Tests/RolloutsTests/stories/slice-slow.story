# One tenant waits too long, and all together no longer than before.
manifest v1 canary 50% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 canary 20%,50% bake=60s slices latency
look 1s
look 1s
look 1s
40 looks 5s v1=800/1/4+acme=80/0/0+=720/1/4 v2=200/0/1+acme=20/0/1+=180/0/0
