#!/usr/bin/env python3
"""Makes a small model and a table for it, to try score.py with.

    python3 train.py MODEL.joblib [TABLE.csv]

BROKEN=1 makes a model that loads and has no score for any record.
"""

import csv
import os
import random
import sys

import joblib
import numpy
from sklearn.linear_model import LogisticRegression


def main(path, table=None):
    generator = random.Random(1)
    rows = [[generator.gauss(0, 1) for _ in range(4)] for _ in range(2000)]
    model = LogisticRegression().fit(rows, [int(sum(row) > 0) for row in rows])
    if os.environ.get("BROKEN"):
        model.coef_[:] = numpy.nan
    joblib.dump(model, path)
    if table:
        with open(table, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["a", "b", "c", "d"])
            writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
