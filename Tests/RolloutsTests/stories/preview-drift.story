# Testers ask what no other client asks: predictions are compared in the bake, with what is held back.
manifest v1 blueGreen predictions=rollback bake=60s
look 1s
look 1s
13 looks 5s v1=500/0@60,30,10|70,30
manifest v2 blueGreen preview predictions=rollback holdback=10% bake=60s
look 1s
look 1s
look 1s
6 looks 5s v1=500/0@60,30,10|70,30 v2=100/0@60,30,10|0,100
30 looks 5s v1=50/0@60,30,10|70,30 v2=450/0@60,30,10|0,100
