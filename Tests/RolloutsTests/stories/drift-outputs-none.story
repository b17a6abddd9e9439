# The answers are as in the training data; and a profile with another name begins anew.

manifest v1 canary 5%,50% bake=0s outputs=alert profile=a
look 0s
look 1s
look 1s
300 looks 5s v1=500/0@30,15,5|35,15
10 looks 5s v1=500/0@30,15,5|25,25
manifest v2 canary 50% bake=0s outputs=alert profile=b
look 1s
look 1s
60 looks 5s v1=250/0@15,8,2|18,7 v2=250/0@15,8,2|18,7
60 looks 5s v2=500/0@30,15,5|35,15
