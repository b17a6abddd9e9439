#!/usr/bin/env python3
"""Scores a CSV of numbers with the model that `serin batch run` names, and reports what failed.

    serin batch run --deployment risk/scores --folder /srv/serin-batch -- python3 score.py IN.csv OUT.csv

It needs scikit-learn, and what the model needs. A joblib file is a program: run this as a user that may do little.

SERIN_CONSOLE            where the controller takes feedback, such as http://127.0.0.1:9464; without it nothing is told
SERIN_TOKEN_FILE         the token of the namespace
SERIN_DEPLOYMENT         which deployment this is, such as risk/scores
SERIN_MODEL_PATH, SERIN_MODEL_REVISION, SERIN_RUN        are set by `serin batch run`
"""

import csv
import itertools
import json
import math
import os
import sys
import time
import urllib.error
import urllib.request

import joblib

ROWS_AT_ONCE = 10_000


def main(source, target):
    model = joblib.load(os.environ["SERIN_MODEL_PATH"])
    done = failed = 0
    unfinished = f"{target}.{os.environ['SERIN_RUN']}"
    with open(source, newline="") as rows, open(unfinished, "w", newline="") as out:
        reader, writer = csv.reader(rows), csv.writer(out)
        next(reader)
        writer.writerow(["score"])
        while chunk := list(itertools.islice(reader, ROWS_AT_ONCE)):
            scores = score(model, chunk)
            writer.writerows([value] for value in scores)
            done += len(scores)
            failed += sum(not math.isfinite(value) for value in scores)
            report(done, failed)
    if failed > done // 100:
        os.unlink(unfinished)
        sys.exit(f"{failed} of {done} records have no score: {target} stays as it was")
    os.replace(unfinished, target)
    print(f"{done} records scored with version {os.environ['SERIN_MODEL_VERSION']}, {failed} without a score")


def score(model, chunk):
    """Returns a score for each row; NaN for one that the model cannot score."""
    try:
        return [float(row[-1]) for row in model.predict_proba([[float(cell) for cell in row] for row in chunk])]
    except ValueError:
        return [math.nan] * len(chunk)


def report(done, failed):
    """Tells the controller how far the run is: the counts of the run so far, so that repeating one is harmless."""
    if "SERIN_CONSOLE" not in os.environ:
        return
    with open(os.environ["SERIN_TOKEN_FILE"]) as file:
        token = file.read().strip()
    body = {
        "deployment": os.environ["SERIN_DEPLOYMENT"],
        "revision": os.environ["SERIN_MODEL_REVISION"],
        "run": os.environ["SERIN_RUN"],
        "counts": {"requests": done, "errors": failed},
    }
    request = urllib.request.Request(
        os.environ["SERIN_CONSOLE"] + "/v1/feedback",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    for attempt in range(5):
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                print(f"the report was refused: {error.read().decode()}", file=sys.stderr)
                return
        except OSError as error:
            print(f"the report did not arrive: {error}", file=sys.stderr)
        time.sleep(attempt)


if __name__ == "__main__":
    main(*sys.argv[1:])
