# A breach in the bake switches back at once: the old revision is still loaded.

manifest v1 blueGreen bake=0s
look 0s
look 1s
look 1s
manifest v2 blueGreen bake=600s
look 1s
look 1s
look 1s
4 looks 5s v2=250/0
4 looks 5s v2=250/100
