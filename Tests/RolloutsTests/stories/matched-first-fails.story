# The first to serve has no equal. It is judged by its promise alone, as without `matched`.

manifest v1 canary 5%,50% matched bake=600s
look 0s
look 1s
look 1s
10 looks 5s v1=250/100
