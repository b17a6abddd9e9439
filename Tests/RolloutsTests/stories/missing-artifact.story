# What is missing is waited for as long as a revision may take; then the reason names it.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50%
look 1s
runtime v2 preparing waiting for file:///models/v2: no such file
look 300s
look 300s
# It came too late: a failed verdict is final, a retry is a commit.
runtime v2 ready
look 1s
manifest v3 canary 5%,50%
runtime v3 preparing waiting for file:///models/v3: no such file
look 1s
look 300s
runtime v3 ready
look 1s
