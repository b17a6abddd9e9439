"""A model server of sixty lines: it speaks as much of the V2 protocol as the tests need.

usage: server.py PORT MODEL NAME VERSION

MODEL is a file (or a folder with one file) of JSON that says how the server behaves:
  {"exit": text}    ends at once, with this last word
  {"late": 1}       sleeps so many seconds before it listens
  {"ready": 404}    the answer to "are you ready?"
  {"infer": 500}    the answer to every inference
  {"bulk": 9000}    answers every inference with so many bytes
  {"think": 0.5}    sleeps so many seconds before each inference
  {"endures": 20}   answers so many inferences, and every later one with a 500
  {"collapses": 20} answers so many inferences, and ends with the next
  {"refuses": 7}    answers an inference with a 400 whose first number is this one, rounded down
  {"above": 20}     answers class 1 to an inference whose first number is larger, and else class 0
  {"inverted": true} the other way round
  {"client": {"sleep": 2}}   what each inference does that comes from a client, as the path may ask
Otherwise an inference of one row of four numbers is answered, and a wrong shape is a 500, as
MLServer has it. The path may ask for more: ?sleep=SECONDS, ?cut (the answer stops in its middle),
?drop (no answer), ?echo (the answer is what was sent), ?fail=BYTES (a 500 of so many), ?die=CODE,
?status=STATUS (of a GET).
"""
import itertools, json, os, socket, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, model, name, version = sys.argv[1:5]
path = os.path.join(model, os.listdir(model)[0]) if os.path.isdir(model) else model
behaviour = json.load(open(path))
if "processors" in behaviour:
    os.sched_setaffinity(0, behaviour["processors"])
if "exit" in behaviour:
    sys.exit(behaviour["exit"])
time.sleep(behaviour.get("late", 0))


inferences = itertools.count(1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments):
        pass

    def answer(self, status, value):
        self.answer_bytes(status, json.dumps(value).encode())

    def answer_bytes(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-port", port)
        self.end_headers()
        if "cut" in self.path:
            self.wfile.write(body[:-1])
            self.wfile.flush()
            self.drop()
        else:
            self.wfile.write(body)
            self.wfile.flush()

    def drop(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self):
        base = "/v2/models/" + name
        ready = behaviour.get("ready", 200)
        if "status=" in self.path:
            return self.answer(int(self.path.split("status=")[1]), {})
        if self.path in (base + "/ready", base + "/versions/" + version + "/ready"):
            self.answer(ready, {})
        elif self.path == base:
            tensor = {"name": "x", "datatype": "FP32", "shape": [-1, 4]}
            self.answer(200, {"name": name, "inputs": [tensor]})
        else:
            self.answer(404, {"error": "no such path " + self.path})

    def do_PUT(self):
        self.do_POST()

    def body(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = b""
        while size := int(self.rfile.readline() or b"0", 16):
            parts += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return parts

    def do_POST(self):
        body = self.body()
        # What Envoy sends has an id; what the controller asks has none.
        if "x-request-id" in self.headers:
            for what, value in behaviour.get("client", {}).items():
                self.path += "?%s=%s" % (what, value)
        if "sleep=" in self.path:
            time.sleep(float(self.path.split("sleep=")[1]))
        if "drop" in self.path:
            return self.drop()
        if "echo" in self.path:
            return self.answer_bytes(200, body)
        if "fail=" in self.path:
            return self.answer_bytes(500, b"x" * int(self.path.split("fail=")[1]))
        if "die=" in self.path:
            print("RuntimeError: told to die", file=sys.stderr, flush=True)
            os._exit(int(self.path.split("die=")[1]))
        time.sleep(float(behaviour.get("think", 0)))
        number = next(inferences)
        if number > behaviour.get("endures", number):
            return self.answer(500, {"error": "tired"})
        if number > behaviour.get("collapses", number):
            os._exit(3)
        if "refuses" in behaviour and int(json.loads(body)["inputs"][0]["data"][0]) == behaviour["refuses"]:
            return self.answer(400, {"error": "not this one"})
        if "bulk" in behaviour:
            return self.answer_bytes(200, b"x" * behaviour["bulk"])
        if "infer" in behaviour:
            return self.answer(behaviour["infer"], {"error": "told to"})
        shape = json.loads(body)["inputs"][0]["shape"]
        if shape != [1, 4]:
            return self.answer(500, {"error": "bad shape"})
        output = {"name": "y", "datatype": "INT64", "shape": [1], "data": [0]}
        if "above" in behaviour:
            first = json.loads(body)["inputs"][0]["data"][0]
            is_above = (first[0] if isinstance(first, list) else first) > behaviour["above"]
            output |= {"name": "class", "shape": [1, 1], "data": [int(is_above != behaviour.get("inverted", False))]}
        self.answer(200, {"model_name": name, "model_version": version, "outputs": [output]})


ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
