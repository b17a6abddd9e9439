"""KServe's agent, as far as its payload logger goes (kserve/pkg/logger, v0.20).

usage: agent.py PORT SERVER_PORT URL INFERENCE_SERVICE NAMESPACE

It stands in front of a model server, passes requests and answers on, and posts each to URL as a CloudEvent in the binary
mode: under the id of the request's Ce-Id header, or one that it makes; an answer only when it was a 200. What the kubelet
asks is not logged. Five workers post, none of them twice; what they are told is of no interest to them.
"""
import http.client, queue, sys, threading, time, urllib.parse, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, server_port, url, service, namespace = sys.argv[1:6]
target = urllib.parse.urlsplit(url)
waiting = queue.Queue()


def post():
    while True:
        headers, body = waiting.get()
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=30)
        try:
            connection.request("POST", target.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                print("Sent with status code", answer.status, file=sys.stderr, flush=True)
        except (OSError, http.client.HTTPException) as error:
            print("Failed to send cloud event:", error, file=sys.stderr, flush=True)
        connection.close()


def log(kind, name, content_type, body):
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + "Z"
    waiting.put(({
        "ce-specversion": "1.0", "ce-id": name, "ce-type": "org.kubeflow.serving.inference." + kind,
        "ce-source": "http://localhost:%s/" % port, "ce-time": now, "ce-recordedtime": now,
        "ce-inferenceservicename": service, "ce-namespace": namespace, "ce-component": "predictor",
        "ce-endpoint": "", "ce-metadata": "{}", "content-type": content_type or "",
    }, body))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        is_logged = not self.headers.get("user-agent", "").startswith("kube-probe/")
        name = self.headers.get("ce-id") or str(uuid.uuid4())
        kind = self.headers.get("content-type")
        if is_logged:
            log("request", name, kind, body)
        connection = http.client.HTTPConnection("127.0.0.1", int(server_port), timeout=60)
        try:
            headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            answered = answer.read()
        except (OSError, http.client.HTTPException):
            return self.send_error(502)
        finally:
            connection.close()
        if is_logged and answer.status == 200:
            log("response", name, kind, answered)
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(key, value)
        self.send_header("content-length", str(len(answered)))
        self.end_headers()
        self.wfile.write(answered)
        self.wfile.flush()


for _ in range(5):
    threading.Thread(target=post, daemon=True).start()
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
