# Drift that stops a rollout for days is told each day, and does not stop it twice.

manifest v1 canary 5%,50% bake=0s inputs=hold
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% bake=0s inputs=hold
look 1s
look 1s
15 looks 5s v1=475/0@0,15,35|35,15 v2=25/0@0,1,1|1,1
2000 looks 60s v1=475/0@0,15,35|35,15 v2=25/0@0,1,1|1,1
50 looks 60s v1=475/0@30,15,5|35,15 v2=25/0@1,1,0|1,1
