# Scores between right and wrong, such as of probabilities: their mean is held to the promise, and compared
# with stable's, although no look has a whole wrong prediction.

manifest v1 canary 5%,50% bake=0s contract labels
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=60s atMost=600s bake=60s contract labels
look 1s
look 1s
look 1s
13 looks 5s v1=400/0@24,12,4|28,12@0@0.48/8 v2=100/0@6,3,1|7,3@0@0.12/2
13 looks 5s v1=250/0@15,8,2|18,7@0@0.3/5 v2=250/0@15,8,2|18,7@0@0.3/5
13 looks 5s v2=500/0@30,16,4|36,14@0@0.6/10
manifest v3 canary 20%,50% atLeast=240s atMost=600s bake=60s contract labels
look 1s
look 1s
look 1s
60 looks 5s v2=400/0@24,12,4|28,12@0@0.48/8 v3=100/0@6,3,1|7,3@0@0.4/2
