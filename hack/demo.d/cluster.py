"""Plays a story in a cluster: canaries, rollbacks, a refusal, and a controller that is killed in the middle of a step."""

import json
import re
import signal
import time
import urllib.parse

from kubectl import DIRECT
from story import BOLD, OFF, Demo, note

ACTS = [
    (3, "v3 was trained without the newest merchant categories, and raises on them.", "rollback"),
    (4, "v4 has thousands of trees, and answers slowly.", "rollback"),
    (5, "v5 is not the file that its manifest promises.", "reject"),
]


class InCluster(Demo):
    """A team whose models serve in a cluster, behind its gateway; Prometheus counts what clients are answered."""

    def __init__(self, serin, place):
        super().__init__(serin)
        self.place = place
        self.RUNNING = place.RUNNING
        # All takes as much longer as the gateway is scraped less often.
        self.patience *= place.scrape_seconds
        self.lives = 0
        self.base = None

    def play(self):
        self.place.ask(self)
        self.prepare()
        self.place.open(self)
        self.start_serin()
        self.act(1, "v1 is the first to serve.", "complete")
        self.promote()
        for version, story, outcome in ACTS:
            self.act(version, story, outcome)
        self.take_over()
        self.epilogue()

    def get_models(self):
        self.base = self.place.models(self)

    def describe_data(self):
        """Builds no profile: drift is no part of this story."""

    def start_serin(self):
        """Starts a controller that has nothing of another: a state folder of its own, as on another machine."""
        self.lives += 1
        config = self.work / f"controller-{self.lives}.yaml"
        config.write_text(controller(self))
        note(f"serin run --config {config}")
        self.spawn(self.controller_name(), self.serin, "run", "--config", config)

    def controller_name(self):
        return "serin" if self.lives <= 1 else f"serin-{self.lives}"

    def start_traffic(self):
        self.wait_for_route()
        super().start_traffic()

    def wait_for_route(self):
        """Waits until the gateway has taken the route: it would tell clients 404 until then."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            self.check_alive()
            try:
                return DIRECT.open(self.inference_url().removesuffix("infer") + "ready", timeout=10).close()
            except OSError:
                time.sleep(0.2)
        self.give_up(f"nothing answers at {self.inference_url()}")

    def inference_url(self):
        return f"{self.place.url}/payments/v2/models/fraud-detector/infer"

    def promote(self):
        print(f"\n{BOLD}v2 is a better model.{OFF}")
        self.push(2)
        self.wait_for(2, "advance")
        # The share that was observed is shown anew every ten seconds.
        self.show_deployments(after=12)
        self.wait_for(2, "complete")

    def show_deployments(self, after):
        time.sleep(after)
        self.place.objects.show_deployments()

    def take_over(self):
        """Kills the controller that leads; another takes over from the ledger and what it finds in the cluster."""
        print(f"\n{BOLD}v8 is fine. A second controller stands by, and the first one is killed in the middle of a step.{OFF}")
        holder = self.place.objects.lease_holder()
        self.start_serin()
        self.push(8)
        self.wait_for(8, "advance")
        if self.place.objects.lease_holder() != holder:
            self.give_up("the first controller did not lead any more, before anything was done to it")
        self.kill("serin")
        self.line("kill -9", f"the controller that leads: it holds the Lease as {holder}")
        self.line("takes over", f"the other one, as {self.heir(holder)}")
        self.wait_for(8, "complete")

    def heir(self, holder):
        """Waits until somebody else holds the Lease."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            self.check_alive()
            heir = self.place.objects.lease_holder()
            if heir not in ("", holder):
                return heir
            time.sleep(0.3)
        self.give_up("nobody took over from the controller that was killed")

    def kill(self, name):
        process = dict(self.started)[name]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.started.remove((name, process))

    def epilogue(self):
        print(f"\n{BOLD}What a person with kubectl sees{OFF}")
        self.show_deployments(after=2)
        self.place.objects.show_warnings()
        super().epilogue()
        print("  docs/kubernetes.md                       how it is installed in a cluster of yours", flush=True)

    def logs(self):
        return f"{self.work}/serin*.log{self.place.logs(self)}"

    def artifact_uri(self, version):
        return f"{self.base}/{version}/model.joblib"

    def manifest(self, version, promised):
        """Returns the manifest without drift and a smoke request, and with times and limits that the gateway's counts can tell."""
        text = re.sub(r" +(profile|drift): .*\n", "", super().manifest(version, promised))
        text = re.sub(r"    smoke:\n(      .*\n)+", "", text)
        # An edge of the gateway's histogram, between two of which 150ms lies.
        text = text.replace("below: 150ms", "below: 250ms")
        factor = self.place.scrape_seconds
        return re.sub(r"(atLeast|atMost|bake): (\d+)s", lambda found: f"{found[1]}: {int(found[2]) * factor}s", text)

    def stop(self):
        try:
            super().stop()
        finally:
            self.place.close()


def controller(demo):
    """Returns the file of one of several controllers: but for the state folder it is that of all."""
    place = demo.place
    gateways, gateway = place.gateway.split("/")
    return f"""\
apiVersion: serin.dev/v1alpha1
kind: Controller
metadata: {{name: demo}}
spec:
  source: {{url: {demo.repository}, branch: main, interval: 1s}}
  ledger: {{url: {demo.ledger}, pushInterval: 1s, signingKeyFile: {demo.key}}}
  state: {demo.work}/state-{demo.lives}
  leadership:
    lease:
      {{name: serin, namespace: {place.namespace}, kubeconfig: {place.kubeconfig}, context: {json.dumps(place.context)}, duration: 5s}}
  runtimes:
    - name: cluster
      kubernetes:
        kubeconfig: {place.kubeconfig}
        context: {json.dumps(place.context)}
        {f"namespace: {place.runtime_namespace}" if place.runtime_namespace else "# In the namespace of the deployment."}
        gateways: [{{name: {gateway}, namespace: {gateways}}}]
        image: {place.image}
        {allowed(demo.base)}
        drainTimeout: 5s
        mirror: true
        prometheus:
          url: {place.prometheus}
          preset: envoy-gateway
          scrapeInterval: {place.scrape_seconds}s
          window: {8 * place.scrape_seconds}s
"""


def allowed(base):
    """Returns where models may come from."""
    address = urllib.parse.urlsplit(base)
    return f"allowedFolders: [{address.path}]" if address.scheme == "file" else f"allowedHosts: [{address.hostname}]"
