# An alert about the server of what serves ends when the server is ready, whatever requests failed meanwhile.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
10 looks 5s v1=250/1
runtime v1 failed crash loop: out of memory
10 looks 5s v1=250/250
runtime v1 preparing restarting
2 looks 5s v1=250/250
runtime v1 ready
10 looks 5s v1=250/1
# The next time it is an alert again.
runtime v1 failed crash loop: out of memory
2 looks 5s
