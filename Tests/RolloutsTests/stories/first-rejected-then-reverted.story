# The only revision that serves goes on serving when the manifest goes back to one that was rejected.

manifest v1 canary 5%,50%
look 0s
runtime v1 failed it is sha256:aa, and not sha256:bb
look 1s
manifest v2 canary 5%,50%
look 1s
look 1s
look 5s v2=250/0
manifest v1 canary 5%,50%
look 5s v2=250/0
look 5s v2=250/0
