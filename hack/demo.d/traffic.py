"""Sends a steady stream of inference requests, and counts what comes back.

Usage: traffic.py URL SECONDS REQUESTS_PER_SECOND [FEEDBACK_URL TOKEN_FILE DEPLOYMENT]. Prints the counts as JSON
when it ends or is told to. With a place for feedback each payment that was let through and turns out to be fraud is
reported there, by its user.
Half of the users carry the header x-variant: b, as if an experiment had drawn them.
After SIGUSR1 the amounts are in crowns: 7.5 times as large. After SIGUSR2 clients only ask whether the
model is ready, until the next one.
"""

import collections
import http.client
import json
import math
import pathlib
import random
import signal
import sys
import threading
import time
import urllib.parse
import zlib

from payments import risk

WORKERS = 8
CROWNS = 7.5


def transaction(generator):
    """Returns amount, hour, country and merchant category of a made-up card payment."""
    return [generator.lognormvariate(3, 1), generator.randrange(24), generator.randrange(5), generator.randrange(10)]


def shop(row):
    """Returns where a payment is made: each merchant category is a shop's, and one shop alone is open after four at night."""
    return "night-kiosk" if row[1] == 4 else f"shop-{row[3]}"


class Bank:
    """Finds out which payments were fraud, and reports those that a model let through."""

    def __init__(self, url, token, deployment):
        self.target = urllib.parse.urlsplit(url)
        self.headers = {"Content-Type": "application/json",
                        "Authorization": "Bearer " + pathlib.Path(token).read_text().strip()}
        self.deployment = deployment

    def look_into(self, user, row, answer, generator):
        amount, hour, _, category = row
        is_fraud = generator.random() < 1 / (1 + math.exp(-risk(amount, hour, category)))
        if not is_fraud or json.loads(answer)["outputs"][0]["data"] != [0]:
            return
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=30)
        item = {"deployment": self.deployment, "entity": user, "metric": "fraud"}
        connection.request("POST", self.target.path, json.dumps(item), self.headers)
        status = connection.getresponse().status
        connection.close()
        if status != 202:
            raise SystemExit(f"feedback was answered with {status}")


def main(url, seconds, rate, bank=None):
    target = urllib.parse.urlsplit(url)
    counts = collections.Counter()
    lock = threading.Lock()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    in_crowns = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: in_crowns.set())
    only_probes = threading.Event()
    signal.signal(signal.SIGUSR2, lambda *_: only_probes.clear() if only_probes.is_set() else only_probes.set())

    def work(number):
        generator = random.Random(number)
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=30)
        due = time.monotonic() + number / rate
        while not ended.is_set() and time.monotonic() < deadline:
            time.sleep(max(0, due - time.monotonic()))
            due = max(due + WORKERS / rate, time.monotonic() - 1)
            result = probe(connection) if only_probes.is_set() else send(connection, generator, f"user-{number}-{due}")
            with lock:
                counts[result] += 1

    def probe(connection):
        try:
            connection.request("GET", target.path.removesuffix("infer") + "ready")
            answer = connection.getresponse()
            answer.read()
            return f"probes {answer.status}"
        except OSError as error:
            connection.close()
            return f"failed: {error}"

    def send(connection, generator, user):
        row = transaction(generator)
        row[0] *= CROWNS if in_crowns.is_set() else 1
        tensor = {"name": "transactions", "shape": [1, 4], "datatype": "FP64", "data": [row]}
        try:
            variant = "b" if zlib.crc32(user.encode()) % 2 else "a"
            connection.request("POST", target.path, json.dumps({"inputs": [tensor]}),
                               {"Content-Type": "application/json", "x-user-id": user, "x-shop": shop(row),
                                "x-variant": variant})
            answer = connection.getresponse()
            body = answer.read()
            if bank and answer.status == 200:
                bank.look_into(user, row, body, generator)
            return f"v{answer.getheader('serin-model-version', '?')} {answer.status}"
        except OSError as error:
            connection.close()
            return f"failed: {error}"

    deadline = time.monotonic() + seconds
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), Bank(*sys.argv[4:]) if len(sys.argv) > 4 else None)
