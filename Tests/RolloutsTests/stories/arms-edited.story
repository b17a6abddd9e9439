# Other candidates begin another test; the same ones go on, whatever else is edited; suspended, nothing is decided but a failure.
manifest v1 abTest 25% bake=60s
look 1s
look 1s
13 looks 5s v1=500/0
manifest v2 abTest 25% arms=v3,v4 bake=60s
look 1s
look 1s
look 1s
2 looks 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/0!100/10 v4=250/0!100/10
manifest v2 abTest 25% arms=v4,v3 bake=70s
look 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/0!100/10 v4=250/0!100/10
manifest v2 abTest 25% arms=v3,v5 bake=60s
look 1s
look 1s
look 1s
2 looks 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/0!100/10 v5=250/0!100/10
manifest v2 abTest 25% arms=v3,v5 bake=60s suspended
2 looks 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/0!100/10 v5=250/0!100/10
5 looks 5s v1=250/0!100/10 v2=250/0!100/10 v3=250/200!100/10 v5=250/0!100/10
manifest v1 abTest 25% bake=60s
2 looks 5s v1=250/0!100/10
