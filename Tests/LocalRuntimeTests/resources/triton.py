"""A client that asks everything at its start: triton.py ADDRESS MODEL, by NVIDIA's tritonclient.

Numbers go and come as binary tensors, and as JSON; whatever is not as it should be ends it.
"""
import sys

import numpy
import tritonclient.http as http

address, model = sys.argv[1:3]
client = http.InferenceServerClient(address)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
server = client.get_server_metadata()
assert server["name"] == "serin" and server["version"] == "1.2.3" and server["extensions"] == [], server
metadata = client.get_model_metadata(model)
assert metadata["name"] == model and metadata["inputs"][0]["name"] == "x", metadata
# Numbers whose bytes are no text, and more of them than one packet holds.
numbers = numpy.linspace(-1e30, 1e30, 4 * 5000, dtype=numpy.float32).reshape(5000, 4)
for binary in (True, False):
    tensor = http.InferInput("x", list(numbers.shape), "FP32")
    tensor.set_data_from_numpy(numbers, binary_data=binary)
    outputs = [http.InferRequestedOutput("y", binary_data=binary)]
    result = client.infer(model, [tensor], outputs=outputs)
    assert (result.as_numpy("y").reshape(numbers.shape) == 2 * numbers).all(), binary
