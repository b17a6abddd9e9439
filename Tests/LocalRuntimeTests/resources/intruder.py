"""A model server that tries what it should not: intruder.py PORT MODEL NAME VERSION.

MODEL is a file of JSON that says what to try, each at the start:
  {"read": [path], "write": [path], "connect": [[host, port]], "sockets": [path], "stay": seconds}
GET /v2/models/NAME/report tells what came of it. With "stay" a process is left behind that belongs to no
session and no parent of the server's.
"""
import json, os, resource, socket, subprocess, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, model, name, version = sys.argv[1:5]
plan = json.load(open(model))
report = {"uid": os.getuid(), "files": sorted(int(n) for n in os.listdir("/proc/self/fd"))[:-1]}


def attempt(action):
    try:
        return action() or "done"
    except Exception as error:
        return type(error).__name__


def read(path):
    return str(os.listdir(path)) if os.path.isdir(path) else open(path, errors="replace").read()[:80]


def write(path):
    with open(path, "a") as file:
        file.write("altered")


def connect(family, address):
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect(address)


report["read"] = {path: attempt(lambda: read(path)) for path in plan.get("read", [])}
report["write"] = {path: attempt(lambda: write(path)) for path in plan.get("write", [])}
report["read only"] = {path: bool(os.statvfs(path).f_flag & os.ST_RDONLY) for path in ("/", "/usr", "/tmp")}
report["connect"] = {
    f"{host}:{number}": attempt(lambda: connect(socket.AF_INET, (host, number)))
    for host, number in plan.get("connect", [])
}
report["sockets"] = {
    path: attempt(lambda: connect(socket.AF_UNIX, path)) for path in plan.get("sockets", [])
}
report["become root"] = attempt(lambda: os.setuid(0)) if os.getuid() else "is root"
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
report["status"] = {key: status[key] for key in ("CapEff", "CapBnd", "NoNewPrivs")}
report["processes"] = [n for n in os.listdir("/proc") if n.isdigit()]
report["limits"] = [resource.getrlimit(k)[1] for k in (resource.RLIMIT_NPROC, resource.RLIMIT_DATA)]
report["room"] = attempt(lambda: write("/tmp/scratch"))
if "stay" in plan:
    subprocess.Popen(["sleep", str(plan["stay"])], start_new_session=True, close_fds=False)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(report if self.path.endswith("/report") else {})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer({"model_name": name, "outputs": []})


ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
