"""Plays the strategies beside the canary: a shadow that finds what no client met, and an A/B test with a winner."""

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
        self.epilogue()

    def start_traffic(self):
        super().start_traffic(f"http://127.0.0.1:{self.console}/v1/feedback", self.token, NAME)

    def push(self, version, strategy=None, promise=""):
        """Commits a manifest without drift: nothing but the answers is compared."""
        text = re.sub(r" +(profile|drift): .*\n", "", self.manifest(version, promised=version))
        if strategy:
            text = re.sub(r"  strategy:\n(    .*\n)+", strategy, text)
            text = text.replace("  slos:\n", "  slos:\n" + promise)
        self.commit(version, text)
