"""Where the story in a cluster is played: the cluster of the tests, or the one of KUBECONFIG."""

import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

from kubectl import API, Kubectl
from story import RATE, note

HERE = pathlib.Path(__file__).resolve().parent
DEFINITION = HERE.parent.parent / "manifests" / "kubernetes" / "crd"
VERSIONS = [1, 2, 3, 4, 5, 8]


class Place:
    """A cluster: its gateway, the Prometheus that scrapes it, and where its pods find models."""

    RUNNING = "the traffic and serin"
    kubeconfig = context = gateway = url = prometheus = objects = None
    scrape_seconds = 1
    image = "serin"
    # Where the runtime has its objects; without one in the namespace that is called like the deployment's.
    runtime_namespace = None

    def ask(self, demo):
        """Asks whether the cluster may be used, where it is not the demo's own."""

    def models(self, demo):
        """Returns the address below which pods find the models; they lie in the demo's folder, too."""
        demo.train()
        return f"file://{demo.work}/models"

    def logs(self, demo):
        """Returns where else something was said."""
        return ""

    def close(self):
        """Leaves the cluster as it was."""


class TestCluster(Place):
    """The cluster of the tests, which the demo starts, and which ends with it."""

    RUNNING = "the traffic, serin and the cluster"
    namespace = "payments"

    def __init__(self, program):
        self.program = program

    def open(self, demo):
        note("starting a cluster for tests: its API server is in memory, and a small program is all of KServe and the kubelet;\n"
             "Envoy, which is the gateway, Prometheus and MLServer are real")
        pod = [sys.executable, HERE / "pod.py", "{port}", "{model}", "{name}", "{version}"]
        process = demo.spawn(
            "cluster", self.program, "--folder", demo.work / "cluster", "--serin", pathlib.Path(demo.serin).resolve(),
            "--namespace", self.namespace, "--", *pod, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the cluster did not start:\n" + (demo.work / "cluster.log").read_text())
        place = json.loads(line)
        self.kubeconfig, self.gateway, self.url = place["kubeconfig"], place["gateway"], place["url"]
        self.context = "test"
        self.prometheus, self.scrape_seconds = place["prometheus"], place["scrapeSeconds"]
        self.look(demo, place["server"])

    def look(self, demo, server):
        if shutil.which("kubectl"):
            self.objects = Kubectl(self.kubeconfig, self.namespace, demo.work / "kubectl")
            note(f"look into it yourself: KUBECONFIG={self.kubeconfig} kubectl get inferenceservices,httproutes,pods -A")
        else:
            self.objects = API(server, self.namespace)
            note(f"its API is at {server}; there is no kubectl here, so that what it would show is read over the API")

    def logs(self, demo):
        return f" {demo.work}/cluster/node"


class OwnCluster(Place):
    """The cluster of KUBECONFIG, in a namespace that the demo creates and deletes."""

    NEEDED = ["gateway", "url", "prometheus", "models", "image"]

    def __init__(self, kubeconfig, options):
        check(options)
        self.kubeconfig = os.path.abspath(kubeconfig)
        self.gateway, self.url, self.prometheus = options.gateway, options.url.rstrip("/"), options.prometheus
        self.base, self.image = options.models.rstrip("/"), options.image
        self.scrape_seconds = options.scrape_seconds
        self.is_agreed = options.yes
        self.namespace = self.runtime_namespace = "serin-demo-" + secrets.token_hex(3)
        self.has_definition = self.is_open = False

    def ask(self, demo):
        """Says what is about to happen to whose cluster, and goes on only when it may; until then nothing is written."""
        self.objects = Kubectl(self.kubeconfig, self.namespace, demo.work / "kubectl")
        config = json.loads(self.objects.run("config", "view", "--minify", "--output", "json"))
        if any("exec" in user["user"] for user in config.get("users") or []):
            raise SystemExit("Serin runs no plugins of kubectl: the user of KUBECONFIG needs a token or a certificate")
        cluster = config["clusters"][0]["cluster"]
        if refused := [key for key in ("insecure-skip-tls-verify", "tls-server-name") if cluster.get(key)]:
            raise SystemExit(f"Serin refuses {refused[0]} of KUBECONFIG: give certificate-authority, and a server that is in its certificate")
        self.context = config["current-context"]
        self.objects.pin(self.context)
        namespace, name = self.gateway.split("/")
        if not self.finds("gateways.gateway.networking.k8s.io", name, "--namespace", namespace):
            raise SystemExit(f"the cluster has no gateway {self.gateway}")
        self.has_definition = self.finds("customresourcedefinitions", "modeldeployments.serin.dev")
        print(self.announcement(cluster["server"]), flush=True)
        if self.is_agreed:
            return
        if not sys.stdin.isatty():
            raise SystemExit("there is no terminal to ask whether that is meant: --yes says that it is")
        if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise SystemExit("nothing was touched; without KUBECONFIG the story is played on a cluster for tests")

    def finds(self, *what):
        return bool(self.objects.run("get", *what, "--ignore-not-found", "--output", "name").strip())

    def announcement(self, server):
        definition = "" if self.has_definition else (
            "\n  creates  the definition modeldeployments.serin.dev, which stays afterwards")
        return f"""
hack/demo --cluster is about to use a cluster that is not its own, by {self.kubeconfig}:
  cluster  {server}, as the context {self.context}{definition}
  creates  the namespace {self.namespace}, and deletes it at the end; in it, through Serin: InferenceServices,
           an HTTPRoute, a Lease, a ModelDeployment and Events
  asks     {self.url} {RATE} times a second, through the gateway {self.gateway}, which has to take routes of all namespaces
  reads    {self.prometheus}, which has to scrape that gateway's proxies every {self.scrape_seconds} s
"""

    def open(self, demo):
        if not self.has_definition:
            self.apply("--kustomize", DEFINITION)
        file = demo.work / "namespace.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}))
        self.is_open = True
        self.apply("--filename", file)

    def apply(self, *what):
        # The API server checks it in any case.
        self.objects.run("apply", "--server-side", "--validate=false", *what)

    def models(self, demo):
        """Fetches the models, since manifests name their digests."""
        note(f"fetching the models below {self.base}")
        for version in VERSIONS:
            target = demo.artifact(version)
            target.parent.mkdir(parents=True)
            source = f"{self.base}/{version}/{target.name}"
            try:
                with urllib.request.urlopen(source, timeout=60) as answer, open(target, "wb") as file:
                    shutil.copyfileobj(answer, file)
            except OSError as error:
                raise SystemExit(f"{source}: {error}") from None
        return self.base

    def close(self):
        if self.is_open:
            note(f"deleting the namespace {self.namespace}")
            self.objects.run("delete", "namespace", self.namespace, "--wait=false")


def check(options):
    if os.pathsep in os.environ["KUBECONFIG"]:
        raise SystemExit("KUBECONFIG names several files; --cluster takes one")
    missing = [f"--{name}" for name in OwnCluster.NEEDED if not getattr(options, name)]
    if missing:
        raise SystemExit(f"--cluster with KUBECONFIG needs {', '.join(missing)} as well (hack/demo --help); "
                         "without KUBECONFIG the story is played on a cluster for tests")
    if not 1 <= options.scrape_seconds <= 60:
        raise SystemExit("--scrape-seconds is between 1 and 60")
    if options.gateway.count("/") != 1:
        raise SystemExit("--gateway is NAMESPACE/NAME")
    if urllib.parse.urlsplit(options.url).scheme != "http":
        raise SystemExit("--url begins with http://, since the traffic is sent without TLS")
    if shutil.which("kubectl") is None:
        raise SystemExit("--cluster with KUBECONFIG needs kubectl")
