# What serves answers otherwise than its training data did: that is said while it serves alone, and of
# the next version anew.

manifest v1 canary 5%,50% bake=0s outputs=alert inputs=alert
look 0s
look 1s
look 1s
60 looks 5s v1=500/0@30,15,5|35,15
30 looks 5s v1=500/0@30,15,5|15,35
1500 looks 60s v1=500/0@30,15,5|15,35
manifest v2 canary 50% bake=0s outputs=alert inputs=alert
look 1s
look 1s
60 looks 5s v1=250/0@15,8,2|8,17 v2=250/0@15,8,2|8,17
60 looks 5s v2=500/0@30,15,5|15,35
800 looks 5s v2=500/0@30,15,5|35,15
# Without complete samples, nothing.
60 looks 5s v2=500/0@lost
