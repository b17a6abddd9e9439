"""Serves files over TLS: files.py PORT FOLDER CERTIFICATE KEY LOG, on loopback.

GET /private/… wants the user "pod" with the password "s3cret". GET /moved is redirected to another host, /missing is a 404, /busy a 503, and /endless never ends.
Each request adds its path to LOG.
"""
import base64, http.server, os, ssl, sys, time

port, folder, certificate, key, log = sys.argv[1:6]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        with open(log, "a") as file:
            file.write(self.path + "\n")
        path = os.path.join(folder, self.path.split("?")[0].lstrip("/"))
        wanted = "Basic " + base64.b64encode(b"pod:s3cret").decode()
        if self.path.startswith("/private/") and self.headers.get("authorization") != wanted:
            self.send_error(401)
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("location", "https://elsewhere.invalid/model.bin")
            self.end_headers()
        elif self.path == "/busy":
            self.send_error(503)
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
                time.sleep(0.001)
        elif os.path.isfile(path):
            time.sleep(0.2)
            body = open(path, "rb").read()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.send_error(404)


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
