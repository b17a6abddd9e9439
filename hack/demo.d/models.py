"""Trains the ten versions of the fraud detector: real scikit-learn models.

v1  a logistic regression
v2  a random forest, better
v3  its encoder never saw the newest merchant categories: it raises on the requests that have one
v4  so many trees that an answer takes most of a second
v5  a fine model, whose manifest names another digest
v6  its training data lost all good payments: it calls every payment fraud
v7  its labels were swapped: it answers the opposite
v8  a random forest like v2
v9  it takes missed fraud to be four times as bad as a refused good payment
v10 its encoder never saw a payment after four at night: it raises on those of the shop that is open then

What v1, v2, v4 to v6, v8 and v9 were to learn from is written to train.csv, for the profile.
"""

import csv
import pathlib
import sys
import time

import joblib
import numpy
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from payments import risk

CATEGORIES = 10
SLOW_SECONDS = 0.4


def transactions(rows, generator, categories=CATEGORIES):
    """Returns amount, hour, country and merchant category of made-up card payments, and fraud."""
    amount = generator.lognormal(3, 1, rows)
    hour = generator.integers(0, 24, rows)
    country = generator.integers(0, 5, rows)
    category = generator.integers(0, categories, rows)
    fraud = generator.random(rows) < 1 / (1 + numpy.exp(-risk(amount, hour, category)))
    return numpy.column_stack([amount, hour, country, category]).astype(float), fraud.astype(int)


def pipeline(classifier, codes=(3,)):
    encoder = ColumnTransformer([("codes", OneHotEncoder(handle_unknown="error"), list(codes))], remainder="passthrough")
    return make_pipeline(encoder, classifier)


def slow_forest(x, y):
    """Returns a forest that takes SLOW_SECONDS for one row on this machine."""
    trees = 200
    model = pipeline(RandomForestClassifier(trees, max_depth=3, random_state=4)).fit(x, y)
    started = time.perf_counter()
    model.predict(x[:1])
    per_tree = (time.perf_counter() - started) / trees
    trees = min(20_000, max(trees, int(SLOW_SECONDS / per_tree)))
    return pipeline(RandomForestClassifier(trees, max_depth=1, max_samples=50, random_state=4)).fit(x[:500], y[:500])


def write_rows(path, x, y):
    """Writes rows as people keep them: a header, and codes as whole numbers."""
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["amount", "hour", "country", "category", "fraud"])
        for (amount, *codes), fraud in zip(x, y):
            table.writerow([f"{amount:.2f}", *map(int, codes), fraud])


def main(folder):
    generator = numpy.random.default_rng(7)
    x, y = transactions(4000, generator)
    by_day = x[:, 1] != 4
    old_x, old_y = transactions(4000, generator, categories=CATEGORIES - 4)
    models = {
        1: pipeline(LogisticRegression(max_iter=2000)).fit(x, y),
        2: pipeline(RandomForestClassifier(20, max_depth=6, random_state=2)).fit(x, y),
        3: pipeline(RandomForestClassifier(20, max_depth=6, random_state=3)).fit(old_x, old_y),
        4: slow_forest(x, y),
        5: pipeline(LogisticRegression(max_iter=2000, C=0.1)).fit(x, y),
        6: pipeline(RandomForestClassifier(20, max_depth=6, random_state=6)).fit(x[y == 1], y[y == 1]),
        7: pipeline(RandomForestClassifier(20, max_depth=6, random_state=7)).fit(x, 1 - y),
        8: pipeline(RandomForestClassifier(20, max_depth=6, random_state=8)).fit(x, y),
        9: pipeline(RandomForestClassifier(20, max_depth=6, random_state=9, class_weight={0: 1, 1: 4})).fit(x, y),
        10: pipeline(RandomForestClassifier(20, max_depth=6, random_state=10), [1, 3]).fit(x[by_day], y[by_day]),
    }
    for version, model in models.items():
        target = pathlib.Path(folder) / str(version)
        target.mkdir(parents=True, exist_ok=True)
        joblib.dump(model, target / "model.joblib", compress=3)
    write_rows(pathlib.Path(folder) / "train.csv", x, y)


if __name__ == "__main__":
    main(sys.argv[1])
