"""Chooses what `hack/demo` plays, and stops everything that was started for it."""

import argparse
import os
import pathlib
import shutil
import signal

from cluster import InCluster
from places import OwnCluster, TestCluster
from story import Demo, note
from strategies import Strategies

# A terminal that is closed ends the story, too.
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PLAYS = {"canary": Demo, "strategies": Strategies}
BUILT = pathlib.Path(__file__).resolve().parent.parent.parent / ".build" / "debug" / "serin-test-cluster"


def arguments():
    parser = argparse.ArgumentParser(prog="hack/demo", description="A team deploys versions of a model.")
    parser.add_argument("--serin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--test-cluster", default=BUILT, help=argparse.SUPPRESS)
    play = parser.add_mutually_exclusive_group()
    play.add_argument("--act", choices=list(PLAYS), default="canary",
                      help="canaries, or a shadow, an A/B test and slices (default: canary)")
    play.add_argument("--cluster", action="store_true",
                      help="canaries in a cluster: one for tests, or that of KUBECONFIG, asking first")
    parser.add_argument("--keep", action="store_true", help="stay until Ctrl-C, with everything running")
    own = parser.add_argument_group("the cluster of KUBECONFIG")
    own.add_argument("--gateway", metavar="NAMESPACE/NAME", help="a Gateway of Envoy Gateway's that takes routes of all namespaces")
    own.add_argument("--url", help="where that gateway answers: http://HOST[:PORT]")
    own.add_argument("--prometheus", metavar="URL", help="where the Prometheus answers that scrapes the gateway's proxies")
    own.add_argument("--scrape-seconds", type=int, default=15, help="how often it does; the story takes as much longer (default: 15)")
    own.add_argument("--models", metavar="URL", help="what `.venv/bin/python hack/demo.d/models.py FOLDER` makes, where pods reach it: URL/1/model.joblib …")
    own.add_argument("--image", help="the image of Serin, which fetches models in their pods")
    own.add_argument("--yes", action="store_true", help="use it without asking")
    return parser.parse_args()


def chosen(options):
    if not options.cluster:
        return PLAYS[options.act](options.serin)
    kubeconfig = os.environ.get("KUBECONFIG")
    return InCluster(options.serin, OwnCluster(kubeconfig, options) if kubeconfig else TestCluster(options.test_cluster))


def main():
    options = arguments()
    # Also where a shell in the background has set them to be ignored.
    for number in ENDS:
        signal.signal(number, signal.default_int_handler)
    demo = chosen(options)
    done = False
    try:
        demo.play()
        if options.keep:
            note("\neverything keeps running; Ctrl-C stops it")
            signal.pause()
        demo.summary()
        done = True
    except KeyboardInterrupt:
        demo.summary() if options.keep else None
        done = True
    finally:
        demo.stop()
        if done and not options.keep and os.environ.get("SERIN_DEMO_CLEAN"):
            shutil.rmtree(demo.work)


if __name__ == "__main__":
    main()
