# A baseline that cannot be loaded is nothing against the candidate: it waits, without traffic. One that
# breaks under way takes its share of the requests with it, so stable gets everything back at once; once it
# is repaired, the candidate begins with its first step again.

manifest v1 canary 5%,50% matched bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 20%,50% matched
look 1s
runtime b1 failed no memory left
look 1s
900 looks 1s v1=50/0
runtime b1 ready
look 1s
look 1s
3 looks 5s v1=600/1 b1=200/0 v2=200/0
runtime b1 failed crash loop
look 5s v1=600/1 b1=200/200 v2=200/0
look 1s v1=50/0
runtime b1 ready
look 1s
look 1s
3 looks 5s v1=600/1 b1=200/0 v2=200/0
manifest v1 canary 5%,50% matched bake=0s
look 1s
