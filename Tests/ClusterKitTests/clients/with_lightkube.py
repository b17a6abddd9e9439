"""What Serin's users do with lightkube, against the server whose address is the argument."""
import sys

from lightkube import Client, KubeConfig
from lightkube.core.exceptions import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import ServicePort, ServiceSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Service
from lightkube.types import PatchType

config = KubeConfig.from_dict({
    "clusters": [{"name": "it", "cluster": {"server": sys.argv[1]}}],
    "users": [{"name": "me", "user": {"token": "any"}}],
    "contexts": [{"name": "here", "context": {"cluster": "it", "user": "me"}}],
    "current-context": "here"})
client = Client(config, field_manager="lightkube")
InferenceService = create_namespaced_resource(
    "serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices")


def service(port):
    return Service(
        apiVersion="v1", kind="Service", metadata=ObjectMeta(name="iris", namespace="default"),
        spec=ServiceSpec(selector={"app": "iris"}, ports=[ServicePort(port=port)]))


client.apply(service(80))
assert client.apply(service(81)).spec.ports[0].port == 81
try:
    client.apply(Service(
        apiVersion="v1", kind="Service", metadata=ObjectMeta(name="iris", namespace="default"),
        spec=ServiceSpec(selector={"app": "other"})), field_manager="other")
    raise AssertionError("no conflict")
except ApiError as error:
    assert error.status.code == 409, error

for number in range(7):
    client.create(ConfigMap(metadata=ObjectMeta(
        name=f"c{number}", namespace="default", labels={"odd": str(number % 2)}), data={"a": "b"}))
assert len(list(client.list(ConfigMap, namespace="default", chunk_size=2))) == 7
assert len(list(client.list(ConfigMap, namespace="default", labels={"odd": "1"}))) == 3

settings = client.get(ConfigMap, "c0", namespace="default")
settings.data = {"a": "c"}
changed = client.replace(settings)
try:
    client.replace(settings)
    raise AssertionError("a stale object was taken")
except ApiError as error:
    assert error.status.reason == "Conflict", error
patched = client.patch(
    ConfigMap, "c0", [{"op": "test", "path": "/data/a", "value": "c"},
                      {"op": "replace", "path": "/data/a", "value": "d"}],
    namespace="default", patch_type=PatchType.JSON)
assert patched.data == {"a": "d"}

model = InferenceService(metadata={"name": "iris", "namespace": "default"},
                         spec={"predictor": {"minReplicas": 1}})
client.create(model)
events = client.watch(InferenceService, namespace="default")
assert next(events)[0] == "ADDED"
client.patch(InferenceService.Status, "iris", {"status": {"url": "http://iris"}},
             namespace="default", patch_type=PatchType.MERGE)
kind, seen = next(events)
assert (kind, seen.status["url"]) == ("MODIFIED", "http://iris"), (kind, seen)
client.delete(InferenceService, "iris", namespace="default")
assert next(events)[0] == "DELETED"
print("done")
