"""What a person with kubectl sees of a deployment, below the command that they would type."""

import json
import urllib.request

from story import DIM, OFF, run

# Of Events as their newer API has them.
COLUMNS = {"TYPE": "type", "REASON": "reason", "NOTE": "note"}
DEPLOYMENTS = ["get", "modeldeployments"]
WARNINGS = ["get", "events.events.k8s.io", "--field-selector=type=Warning", "--sort-by=.eventTime", "-o",
            "custom-columns=" + ",".join(f"{name}:.{key}" for name, key in COLUMNS.items())]
# Nothing of the story goes through a proxy of this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Kubectl:
    """Asks kubectl."""

    def __init__(self, kubeconfig, namespace, cache):
        self.command = ["kubectl", "--kubeconfig", kubeconfig, "--cache-dir", cache]
        self.namespace = namespace

    def run(self, *arguments):
        return run(*self.command, "--namespace", self.namespace, *arguments)

    def pin(self, context):
        """Stays with a context, whichever becomes the current one."""
        self.command += ["--context", context]

    def show_deployments(self):
        self.show(DEPLOYMENTS, self.deployments())

    def show_warnings(self):
        self.show(WARNINGS, self.warnings())

    def show(self, command, answer):
        print(f"{DIM}$ kubectl --namespace {self.namespace} {' '.join(command)}{OFF}\n{answer}", end="", flush=True)

    def deployments(self):
        return self.run(*DEPLOYMENTS)

    def warnings(self):
        return self.run(*WARNINGS)

    def lease_holder(self):
        return self.run("get", "lease", "serin", "-o", "jsonpath={.spec.holderIdentity}").strip()


class API(Kubectl):
    """Reads over the API of the test cluster what kubectl would show, where there is no kubectl."""

    def __init__(self, server, namespace):
        self.server = server
        self.namespace = namespace

    def get(self, group, path, accept="application/json"):
        url = f"{self.server}/apis/{group}/namespaces/{self.namespace}/{path}"
        with DIRECT.open(urllib.request.Request(url, headers={"Accept": accept}), timeout=10) as answer:
            return json.load(answer)

    def deployments(self):
        table = self.get("serin.dev/v1alpha1", "modeldeployments", "application/json;as=Table;v=v1;g=meta.k8s.io")
        head = [column["name"].upper() for column in table["columnDefinitions"]]
        return aligned([head] + [row["cells"] for row in table["rows"]])

    def warnings(self):
        events = self.get("events.k8s.io/v1", "events?fieldSelector=type%3DWarning")["items"]
        events.sort(key=lambda event: event["eventTime"])
        return aligned([list(COLUMNS)] + [[event[key] for key in COLUMNS.values()] for event in events])

    def lease_holder(self):
        return self.get("coordination.k8s.io/v1", "leases/serin")["spec"].get("holderIdentity", "")


def aligned(rows):
    """Returns a table as kubectl prints one."""
    widths = [max(len(str(row[column] or "")) for row in rows) + 3 for column in range(len(rows[0]))]
    return "".join("".join(f"{cell or '':{width}}" for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows)
