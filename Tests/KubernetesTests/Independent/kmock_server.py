"""An API server that others have written, kmock's, with one Service in it. It prints its address and waits to be ended."""
import asyncio

import kmock


async def main():
    emulator = kmock.KubernetesEmulator()
    emulator.objects["v1/services", "default", "iris"] = {
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "iris", "namespace": "default", "uid": "u1", "resourceVersion": "1"},
        "spec": {"ports": [{"port": 80}]}}
    async with emulator, kmock.Server(emulator) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
