"""An operator of kopf's for InferenceServices, against the server whose address is the argument."""
import asyncio
import sys

import kopf
from kopf import ConnectionInfo
from lightkube import Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType

InferenceService = create_namespaced_resource(
    "serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices")
config = KubeConfig.from_dict({
    "clusters": [{"name": "it", "cluster": {"server": sys.argv[1]}}],
    "users": [{"name": "me", "user": {"token": "any"}}],
    "contexts": [{"name": "here", "context": {"cluster": "it", "user": "me"}}],
    "current-context": "here"})
heard = []


@kopf.on.startup()
def configure(settings, **_):
    settings.posting.enabled = False
    settings.persistence.finalizer = "example.com/kopf"


@kopf.on.login()
def login(**_):
    return ConnectionInfo(server=sys.argv[1])


@kopf.on.create("serving.kserve.io", "v1beta1", "inferenceservices")
def created(name, patch, **_):
    heard.append("created " + name)
    patch.status["url"] = "http://" + name


@kopf.on.update("serving.kserve.io", "v1beta1", "inferenceservices")
def updated(diff, **_):
    heard.append("updated")


@kopf.on.delete("serving.kserve.io", "v1beta1", "inferenceservices")
def deleted(**_):
    heard.append("deleted")


async def wait(condition):
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(heard)


async def story():
    client = Client(config, field_manager="person")

    def read():
        return client.get(InferenceService, "iris", namespace="default")

    client.create(InferenceService(metadata={"name": "iris", "namespace": "default"},
                                   spec={"predictor": {"minReplicas": 1}}))
    await wait(lambda: "created iris" in heard and (read().status or {}).get("url"))
    assert read().metadata.finalizers == ["example.com/kopf"], read()
    client.patch(InferenceService, "iris", {"spec": {"predictor": {"minReplicas": 2}}},
                 namespace="default", patch_type=PatchType.MERGE)
    await wait(lambda: "updated" in heard)
    client.delete(InferenceService, "iris", namespace="default")
    await wait(lambda: "deleted" in heard and not list(client.list(InferenceService, namespace="default")))


async def main():
    stop = asyncio.Event()
    operator = asyncio.create_task(kopf.operator(
        namespaces=["default"], stop_flag=stop, standalone=True))
    await story()
    stop.set()
    await operator

asyncio.run(main())
print("done")
