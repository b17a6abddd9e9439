# `onInconclusive: rollback` gives up at the end of a step.

manifest v1 canary 5%,50% bake=0s
look 0s
look 1s
look 1s
manifest v2 canary 5%,50% onInconclusive=rollback
look 1s
look 1s
look 1s
26 looks 5s v1=20/0 v2=1/0
