# Answers outside the contract, and labels that say otherwise: objectives like any other.

manifest v1 canary 5%,50% bake=0s contract labels
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% atLeast=240s atMost=600s bake=60s contract labels
look 1s
look 1s
look 1s
60 looks 5s v1=400/0@24,12,4|28,12@0@1/40 v2=100/0@6,3,1|7,3@6@0/10
manifest v3 canary 20%,50% atLeast=240s atMost=600s bake=60s contract labels
look 1s
look 1s
look 1s
60 looks 5s v1=400/0@24,12,4|28,12@0@1/40 v3=100/0@6,3,1|7,3@0@6/10
