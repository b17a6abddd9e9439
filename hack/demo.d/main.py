"""Chooses what `hack/demo` plays, and stops everything that was started for it."""

import argparse
import os
import shutil
import signal

from story import Demo, note
from strategies import Strategies

PLAYS = {"canary": Demo, "strategies": Strategies}


def main():
    parser = argparse.ArgumentParser(prog="hack/demo", description="A team deploys versions of a model.")
    parser.add_argument("--serin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--act", choices=list(PLAYS), default="canary",
                        help="canaries, or a shadow, an A/B test and slices (default: canary)")
    parser.add_argument("--keep", action="store_true", help="stay until Ctrl-C, with everything running")
    arguments = parser.parse_args()
    # Also where a shell in the background has set them to be ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    demo = PLAYS[arguments.act](arguments.serin)
    done = False
    try:
        demo.play()
        if arguments.keep:
            note("\neverything keeps running; Ctrl-C stops it")
            signal.pause()
        demo.summary()
        done = True
    except KeyboardInterrupt:
        demo.summary() if arguments.keep else None
        done = True
    finally:
        demo.stop()
        if done and not arguments.keep and os.environ.get("SERIN_DEMO_CLEAN"):
            shutil.rmtree(demo.work)


if __name__ == "__main__":
    main()
