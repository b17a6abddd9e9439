"""Plays the strategies beside the canary: a shadow that finds what no client met, an A/B test with a winner, and slices."""

import re

from story import BOLD, NAME, OFF, Demo

SHADOW = """  strategy:
    shadow: {mirror: 50%, atLeast: 8s, atMost: 60s, then: promote}
"""
AB_TEST = """  strategy:
    abTest:
      affinity: {header: x-user-id}
      goal: {metric: fraud, better: lower}
      atLeast: 8s
      atMost: 90s
"""
# A payment in twenty-four is the night kiosk's: all requests together may fail so often. Some thirty of its payments are
# proof, which are there after half a minute, and hardly ever not within a whole one.
SLICES = """  slices: {by: {header: x-shop}, worst: 20}
"""
PROMISE_TO_ALL = "    - errors: {below: 8%, floor: 8%}\n"
# Of fifty answers one may be another than the old model's.
DISAGREEMENT = "    - disagreement: {below: 2%, usual: exact}\n"


class Strategies(Demo):
    """A team that looks at the answers of a new version before clients do."""

    def play(self):
        self.prepare()
        self.start_serin()
        print(f"\n{BOLD}v1 is the first to serve.{OFF}")
        self.push(1)
        self.wait_for(1, "complete")
        print(f"\n{BOLD}v7 swaps its answers. Half of the requests are copied to it; clients get v1's answers alone.{OFF}")
        self.push(7, SHADOW, DISAGREEMENT)
        self.wait_for(7, "rollback")
        print(f"\n{BOLD}v5 was trained with other settings, and says what v1 says. It takes over.{OFF}")
        self.push(5, SHADOW, DISAGREEMENT)
        self.wait_for(5, "complete")
        print(f"\n{BOLD}v9 refuses payments sooner. Does less fraud pass? Each user meets one of the two; the bank reports fraud.{OFF}")
        self.push(9, AB_TEST)
        self.wait_for(9, "complete")
        print(f"\n{BOLD}v10 raises on the payments of one shop in eleven. All shops together hardly notice.{OFF}")
        self.push(10, slices=True)
        self.blame(self.wait_for(10, "rollback"), "night-kiosk")
        self.epilogue()

    def blame(self, decision, shop):
        if shop not in decision["text"]:
            self.give_up(f"v10 was to be rolled back for {shop}")

    def start_traffic(self):
        super().start_traffic(f"http://127.0.0.1:{self.console}/v1/feedback", self.token, NAME)

    def push(self, version, strategy=None, promise="", slices=False):
        """Commits a manifest without drift: nothing but the answers is compared."""
        text = re.sub(r" +(profile|drift): .*\n", "", self.manifest(version, promised=version))
        if slices:
            text = re.sub(r" +- errors: .*\n", PROMISE_TO_ALL, text).replace("  analysis:", SLICES + "  analysis:")
            text = text.replace("minRequests: 20", "minRequests: 20, dependence: independent")
            text = re.sub(r"steps: .*", "steps: [50%]", text).replace("atLeast: 8s", "atLeast: 60s").replace("atMost: 15s", "atMost: 90s")
        if strategy:
            text = re.sub(r"  strategy:\n(    .*\n)+", strategy, text)
            text = text.replace("  slos:\n", "  slos:\n" + promise)
        self.commit(version, text)
