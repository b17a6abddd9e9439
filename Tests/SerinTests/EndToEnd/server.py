"""A model server in forty lines: the Open Inference Protocol (V2) and a model that is a JSON file.

{"fail": share of requests that fail, "seconds": time for an answer, "above": where class 1 begins,
 "inverted": whether it ends there, "failsFor": a text: requests in which it stands fail}
"""

import http.server
import json
import random
import sys
import time

PORT, MODEL, NAME, VERSION = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
BEHAVIOUR = json.load(open(MODEL))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        self.answer(200, {"name": NAME, "versions": [VERSION], "inputs": [], "outputs": []})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        time.sleep(BEHAVIOUR.get("seconds", 0))
        is_smoke = b"smoke" in body
        fails_for = BEHAVIOUR.get("failsFor")
        fails = random.random() < BEHAVIOUR.get("fail", 0) or (fails_for and fails_for.encode() in body)
        if fails and not is_smoke:
            return self.answer(500, {"error": "this model fails"})
        self.answer(200, {"model_name": NAME, "model_version": VERSION, "outputs": self.predict(body)})

    def predict(self, body):
        """Returns the class of the one row that was sent, which its first number decides."""
        if "above" not in BEHAVIOUR:
            return []
        first = json.loads(body)["inputs"][0]["data"][0]
        first = first[0] if isinstance(first, list) else first
        tensor = {"name": "class", "shape": [1, 1], "datatype": "INT64"}
        is_above = first > BEHAVIOUR["above"]
        return [tensor | {"data": [int(is_above != BEHAVIOUR.get("inverted", False))]}]

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


Server(("127.0.0.1", PORT), Handler).serve_forever()
