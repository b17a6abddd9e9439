"""A V2 model server that takes and gives binary tensors: tensors.py PORT NAME VERSION.

The answer is the first input twice as large, in FP32. It is binary when the request asks for that, as
the binary extension has it: JSON of Inference-Header-Content-Length bytes, then the tensors.
"""
import array, json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, name, version = sys.argv[1:4]
LENGTH = "Inference-Header-Content-Length"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, value, tensor=b""):
        head = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/octet-stream" if tensor else "application/json")
        if tensor:
            self.send_header(LENGTH, str(len(head)))
        self.send_header("content-length", str(len(head) + len(tensor)))
        self.end_headers()
        self.wfile.write(head + tensor)

    def do_GET(self):
        base = "/v2/models/" + name
        tensors = [{"datatype": "FP32", "shape": [-1, 4]}]
        metadata = {
            "name": name, "versions": [version], "platform": "test",
            "inputs": [tensors[0] | {"name": "x"}], "outputs": [tensors[0] | {"name": "y"}],
        }
        answers = {base: metadata, base + "/ready": {}, base + "/versions/" + version + "/ready": {}}
        known = self.path in answers
        self.answer(200 if known else 404, answers.get(self.path, {"error": self.path}))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        head = json.loads(body[: int(self.headers.get(LENGTH, len(body)))])
        tensor = head["inputs"][0]
        size = tensor.get("parameters", {}).get("binary_data_size")
        values = array.array("f", body[-size:]) if size else array.array("f", tensor["data"])
        values = array.array("f", [2 * value for value in values])
        output = {"name": "y", "datatype": "FP32", "shape": tensor["shape"]}
        asked = [o.get("parameters", {}).get("binary_data") for o in head.get("outputs", [])]
        answer = {"model_name": name, "model_version": version, "outputs": [output]}
        if True in asked or head.get("parameters", {}).get("binary_data_output"):
            output["parameters"] = {"binary_data_size": 4 * len(values)}
            return self.answer(200, answer, values.tobytes())
        output["data"] = values.tolist()
        self.answer(200, answer)


ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
