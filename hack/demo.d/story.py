"""Plays the demo: a team that deploys eight versions of a model with git commit and git push.

Every outcome that is printed is read back from the ledger's branch with `serin history`.
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MANIFEST = HERE.parent.parent / "examples" / "demo" / "fraud-detector.yaml"
NAME = "payments/fraud-detector"
PATIENCE = 120
RATE = 50
# The version that has all traffic when the acts are over.
SERVING = 2

DIM, BOLD, GREEN, RED, OFF = "\033[2m", "\033[1m", "\033[32m", "\033[31m", "\033[0m"
if not sys.stdout.isatty():
    DIM = BOLD = GREEN = RED = OFF = ""

ACTS = [
    (1, "v1 is the first to serve.", "complete"),
    (2, "v2 is a better model.", "complete"),
    (4, "v4 has thousands of trees, and answers slowly.", "rollback"),
    (5, "v5 is not the file that its manifest promises.", "reject"),
    (6, "v6 calls every payment fraud: in time, and without an error.", "rollback"),
    (7, "v7 swaps its answers: what is good is fraud, and what is fraud is good.", "rollback"),
]


class Demo:
    RUNNING = "the traffic, serin, Envoy and the model servers"

    def __init__(self, serin):
        self.serin = serin
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="serin-demo-"))
        self.repository = self.work / "models.git"
        self.ledger = self.work / "ledger.git"
        self.clone = self.work / "clone"
        self.key = self.work / "ledger.key"
        self.trusted = self.work / "trusted"
        self.port = free_port()
        self.console = free_port()
        self.token = self.work / "payments.token"
        self.started = []
        self.seen = 0
        self.traffic = None
        self.patience = PATIENCE
        self.begin = time.monotonic()

    def play(self):
        self.prepare()
        self.start_serin()
        for version, story, outcome in ACTS:
            self.act(version, story, outcome)
            if version == SERVING:
                self.hurry()
                self.probe()
        self.shift()
        self.doubt()
        self.epilogue()

    def prepare(self):
        self.get_models()
        for repository in [self.repository, self.ledger]:
            run("git", "init", "--quiet", "--bare", "--initial-branch=main", repository)
        run("git", "clone", "--quiet", self.repository, self.clone)
        run("git", "-C", self.clone, "config", "user.name", "Ada Lovelace")
        run("git", "-C", self.clone, "config", "user.email", "ada@example.org")
        self.describe_data()
        self.token.write_text(secrets.token_hex(16) + "\n")
        self.token.chmod(0o600)
        keygen = run(self.serin, "keygen", "--output", self.key, "--instance", "demo")
        self.trusted.write_text(keygen.strip().splitlines()[-1] + "\n")

    def get_models(self):
        self.train()

    def train(self):
        note("training ten versions of a fraud detector with scikit-learn")
        run(sys.executable, HERE / "models.py", self.work / "models")

    def artifact(self, version):
        return self.work / "models" / str(version) / "model.joblib"

    def artifact_uri(self, version):
        return f"file://{self.artifact(version)}"

    def describe_data(self):
        """Counts the training data, with which traffic is compared; the first commit has the profile."""
        codes = ["fraud", "country", "category"]
        options = ["--output", "fraud", *(word for code in codes for word in ("--categorical", code))]
        note(f"serin profile build train.csv {' '.join(options)} --to fraud-detector.profile.yaml")
        run(self.serin, "profile", "build", self.work / "models" / "train.csv", *options,
            "--to", self.clone / "fraud-detector.profile.yaml")

    def start_serin(self):
        config = self.work / "controller.yaml"
        config.write_text(controller(self))
        note(f"serin run --config {config}")
        self.spawn("serin", self.serin, "run", "--config", config)
        self.tell_isolation()

    def tell_isolation(self):
        """Says what the models are kept from on this machine, in the controller's words."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            self.check_alive()
            for line in (self.work / "serin.log").read_text().splitlines():
                if "models are" in line:
                    return note("serin says: " + line[line.index("models are"):])
            time.sleep(0.1)
        self.give_up("serin does not say what models are kept from")

    def start_traffic(self, *bank):
        url = self.inference_url()
        note(f"{RATE} requests a second to {url}")
        # Longer than any story.
        seconds = 10 * self.patience
        self.traffic = self.spawn("traffic", sys.executable, HERE / "traffic.py", url, str(seconds), str(RATE), *bank)

    def inference_url(self):
        return f"http://127.0.0.1:{self.port}/payments/v2/models/fraud-detector/infer"

    def act(self, version, story, outcome):
        print(f"\n{BOLD}{story}{OFF}")
        self.push(version)
        self.wait_for(version, outcome)

    def hurry(self):
        """Returns to the version before without a canary, and to the better one in the same way."""
        for version, story in [
            (1, "Somebody doubts v2. v1 was proven, so it comes back at once: no steps, a bake."),
            (2, "A false alarm: v2 comes back in the same way."),
        ]:
            print(f"\n{BOLD}{story}{OFF}")
            self.push(version, extra="    revertAt: once\n")
            self.wait_for(version, "complete")

    def probe(self):
        """Deploys a broken version while clients only ask whether it is ready: that proves nothing."""
        print(f"\n{BOLD}v3 was trained without the newest merchant categories, and raises on them.{OFF}")
        self.traffic.send_signal(signal.SIGUSR2)
        self.line("traffic", "clients stop asking, and only probe whether the model is ready")
        self.push(3)
        self.wait_for(3, "advance")
        time.sleep(20)
        for decision in self.new_decisions():
            self.show(decision)
            if decision["verdict"] in ("advance", "promote"):
                self.give_up("probes were taken for traffic")
        self.line("still", f"step 1: {20 * RATE} probes later, since they prove nothing")
        self.traffic.send_signal(signal.SIGUSR2)
        self.line("traffic", "clients ask again")
        self.wait_for(3, "rollback")

    def shift(self):
        """Changes what clients send, while one version has all traffic."""
        print(f"\n{BOLD}Shops begin to send amounts in crowns instead of euros. No version is to blame.{OFF}")
        self.traffic.send_signal(signal.SIGUSR1)
        self.line("traffic", "every amount is 7.5 times as large")
        self.wait_for(SERVING, "alert")

    def doubt(self):
        """Deploys a fine version while nobody knows what it is worth for the traffic there is."""
        print(f"\n{BOLD}v8 is fine, and its manifest says to wait while the inputs are strange. It is not blamed.{OFF}")
        self.push(8, "drift: {sample: 100%, inputs: {action: hold}}")
        decision = self.wait_for(8, "hold")
        if decision["cause"] != "drift":
            self.give_up("v8 was to wait for the inputs")

    def push(self, version, drift=None, extra=""):
        text = self.manifest(version, promised=1 if version == 5 else version)
        text = text.replace("      atMost: 15s\n", f"      atMost: 15s\n{extra}")
        if drift:
            text = re.sub(r"drift: .*", drift, text)
        self.commit(version, text)

    def manifest(self, version, promised):
        """Returns the example's manifest for a version, with the digest of the promised one."""
        text = MANIFEST.read_text()
        text = re.sub(r'version: "1"', f'version: "{version}"', text)
        text = re.sub(r"uri: \S+", f"uri: {self.artifact_uri(version)}", text)
        return re.sub(r"digest: \S+", f"digest: {run(self.serin, 'digest', self.artifact(promised)).strip()}", text)

    def commit(self, version, text):
        (self.clone / "fraud-detector.yaml").write_text(text)
        run("git", "-C", self.clone, "add", "--all")
        run("git", "-C", self.clone, "commit", "--quiet", "--message", f"fraud-detector v{version}")
        run("git", "-C", self.clone, "push", "--quiet", "origin", "HEAD:main")
        self.line("git push", f"fraud-detector v{version}")

    def wait_for(self, version, outcome):
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            for decision in self.new_decisions():
                self.show(decision)
                if decision["verdict"] == "promote" and self.traffic is None:
                    self.start_traffic()
                if decision["verdict"] == outcome and is_about(decision, version):
                    return decision
                if decision["verdict"] in ("rollback", "reject", "alert") and is_about(decision, version):
                    self.give_up(f"v{version} was to end in {outcome}")
            self.check_alive()
            time.sleep(0.3)
        self.give_up(f"no {outcome} of v{version} within {self.patience} seconds")

    def new_decisions(self):
        answer = subprocess.run(
            [self.serin, "history", NAME, "--repo", self.ledger, "-o", "json"], capture_output=True, text=True)
        if answer.returncode != 0:
            return []
        decisions = json.loads(answer.stdout)
        fresh = decisions[self.seen :]
        self.seen = len(decisions)
        return fresh

    def show(self, decision):
        color = {"rollback": RED, "reject": RED, "complete": GREEN, "promote": GREEN}.get(decision["verdict"], "")
        self.line(f"{color}{decision['verdict']}{OFF}", place(decision['to']), pad=len(color) + len(OFF))
        print(f"{'':20}{DIM}{decision['text']}{OFF}")

    def line(self, what, text, pad=0):
        print(f"{time.monotonic() - self.begin:6.1f}s  {what:{10 + pad}}  {text}", flush=True)

    def epilogue(self):
        print(f"\n{BOLD}What the ledger says, for whoever asks in a year{OFF}")
        print(run(self.serin, "history", NAME, "--repo", self.ledger))
        print(run(self.serin, "status", "--repo", self.ledger))
        print(f"{BOLD}Is it true?{OFF}")
        verify = ["audit", "verify", "--repo", self.ledger, "--allowed-signers", self.trusted,
                  "--manifests", self.repository]
        note(f"serin {' '.join(str(word) for word in verify)}")
        print(run(self.serin, *verify))
        print(f"{BOLD}Where to look next{OFF}")
        print(f"  git -C {self.ledger} log serin/ledger     every decision is a commit")
        print(f"  git -C {self.ledger} show serin/ledger    the last one, with its numbers")
        print(f"  {self.logs()}   what the servers and serin said")
        print("  examples/ and README.md                  your first manifest", flush=True)

    def logs(self):
        return f"{self.work}/state/runtimes/local/logs   {self.work}/serin.log"

    def summary(self):
        if self.traffic is None:
            return
        self.traffic.terminate()
        counts = json.loads(self.traffic.communicate(timeout=60)[0] or "{}")
        total = sum(counts.values())
        answers = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        print(f"\n{total} requests were sent: {answers}")

    def stop(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if not self.started:
            return shutil.rmtree(self.work)
        note(f"stopping {self.RUNNING}")
        for name, process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM if name == "traffic" else signal.SIGINT)
        for name, process in self.started:
            try:
                process.wait(timeout=90 if name == "cluster" else 30)
            except subprocess.TimeoutExpired:
                process.kill()
        subprocess.run([self.serin, "stop", "--state", self.work / "state"], capture_output=True)

    def spawn(self, name, *command, **streams):
        log = open(self.work / f"{name}.log", "w")
        streams = {"stdout": subprocess.PIPE if name == "traffic" else log, "stderr": log} | streams
        process = subprocess.Popen([str(word) for word in command], text=True, start_new_session=True, env=environment(), **streams)
        self.started.append((name, process))
        return process

    def check_alive(self):
        for name, process in self.started:
            if process.poll() is not None:
                self.give_up(f"{name} ended with {process.returncode}")

    def controller_name(self):
        """Returns the name under which the controller was started that decides now."""
        return "serin"

    def give_up(self, why):
        log = self.work / f"{self.controller_name()}.log"
        print(f"\n{RED}The demo failed: {why}.{OFF} The end of serin's log ({log}):\n", flush=True)
        print("".join(log.read_text().splitlines(True)[-20:]))
        raise SystemExit(1)


def controller(demo):
    return f"""\
apiVersion: serin.dev/v1alpha1
kind: Controller
metadata: {{name: demo}}
spec:
  source: {{url: {demo.repository}, branch: main, interval: 1s}}
  ledger: {{url: {demo.ledger}, pushInterval: 1s, signingKeyFile: {demo.key}}}
  console: {{listen: "127.0.0.1:{demo.console}", tokenFiles: {{payments: {demo.token}}}}}
  state: {demo.work / "state"}
  runtimes:
    - name: local
      local: {{listen: "127.0.0.1:{demo.port}", drainTimeout: 5s, python: {sys.executable}}}
"""


def is_about(decision, version):
    return (decision.get("revision") or {}).get("model", {}).get("version") == str(version)


def place(position):
    """Where a rollout stands: "step 1 of 2 (10%)"."""
    route = position.get("route", {})
    share = next(iter(route.values()), {}).get("weight", 0) / 10
    if position["phase"] == "step":
        kind = "mirror " if "mirror" in route else ""
        return f"step {position['place']} of {position['of']} ({kind}{share:g}%)"
    return f"bake ({share:g}%)" if position["phase"] == "baking" else position["phase"]


def environment():
    """Returns this environment without what would make git or Python behave otherwise elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHON"))}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def note(text):
    print(f"{DIM}{text}{OFF}", flush=True)


def run(*command):
    answer = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment())
    if answer.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {answer.returncode}\n{answer.stdout}{answer.stderr}")
    return answer.stdout
