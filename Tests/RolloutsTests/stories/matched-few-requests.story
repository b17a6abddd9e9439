# Equals between which there is nothing to choose: with too few requests for a proof, each small step goes
# on at its end, since nothing speaks against the candidate. The last one waits for the proof.

manifest v1 canary 5%,50% matched bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 2%,4%,5%,50% matched
look 1s
look 1s
look 1s
25 looks 5s v1=288/0 b1=6/0 v2=6/0
25 looks 5s v1=138/0 b1=6/0 v2=6/0
19 looks 5s v1=108/0 b1=6/0 v2=6/0
90 looks 5s b1=6/0 v2=6/0
