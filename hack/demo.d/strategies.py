"""Plays the strategies beside the canary: what a shadow finds before any client does."""

import re

from story import BOLD, OFF, Demo

SHADOW = """  strategy:
    shadow: {mirror: 50%, atLeast: 8s, atMost: 60s, then: promote}
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
        self.push(7, shadow=True)
        self.wait_for(7, "rollback")
        print(f"\n{BOLD}v5 was trained with other settings, and says what v1 says. It takes over.{OFF}")
        self.push(5, shadow=True)
        self.wait_for(5, "complete")
        self.epilogue()

    def push(self, version, shadow=False):
        """Commits a manifest without drift: nothing but the answers is compared."""
        text = re.sub(r" +(profile|drift): .*\n", "", self.manifest(version, promised=version))
        if shadow:
            text = re.sub(r"  strategy:\n(    .*\n)+", SHADOW, text)
            text = text.replace("  slos:\n", "  slos:\n" + DISAGREEMENT)
        self.commit(version, text)
