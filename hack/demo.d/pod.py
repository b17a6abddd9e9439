"""Serves one model with MLServer, as the container of a pod does on the demo's test cluster.

Usage: pod.py PORT MODEL NAME VERSION [METRICS-PORT], in a folder of its own.
"""

import json
import os
import sys

from story import free_port


def main(port, model, name, version, metrics=None):
    settings = {
        "debug": False, "host": "127.0.0.1", "http_port": int(port), "grpc_port": free_port(),
        "metrics_endpoint": metrics and "/metrics", "metrics_port": int(metrics or 0), "parallel_workers": 0, "environments_dir": "environments",
    }
    model_settings = {
        "name": name, "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": model, "version": version},
    }
    for path, value in [("settings.json", settings), ("model-settings.json", model_settings)]:
        with open(path, "w") as file:
            json.dump(value, file)
    # Many servers share the cores; each one's pool of threads would fight the others'.
    os.environ["OMP_NUM_THREADS"] = "1"
    mlserver = os.path.join(os.path.dirname(sys.executable), "mlserver")
    os.execv(sys.executable, [sys.executable, mlserver, "start", "."])


if __name__ == "__main__":
    main(*sys.argv[1:])
