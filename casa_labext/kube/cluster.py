"""One DaskCluster: the resource, its pods, and the way to its scheduler.

dask_kubernetes describes the resource. Its KubeCluster is not used: it waits without a limit and sleeps in the event loop, it gives a
cluster up whose phase stays `Pending` although its scheduler is ready (a race in the operator of 2026.3), and it deletes clusters that it
has only connected to.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import Any

from ..host import progress
from ..host.errors import ClusterError, Unknown, describe
from . import pods
from .api import API, APPS, CLUSTER, COMPONENT, CORE, DASK, Missing
from .pods import Pod

#: Seconds between two looks at the pods.
INTERVAL = 2.0
#: Seconds after which an operator that has done nothing is told of. One that works takes one or two.
OPERATOR_TIME = 8.0
#: Seconds to look for a name, and to connect.
CONNECT_DEADLINE = 5.0
#: Seconds after which a service that leads nowhere is given up. A network policy may forbid it.
SERVICE_DEADLINE = 15.0
SCHEDULER_PORT, DASHBOARD_PORT = 8786, 8787

logger = logging.getLogger(__name__)


class KubernetesCluster:
    """The manager, for the host."""

    def __init__(self, api: API, name: str, security: Any, *, made: bool) -> None:
        self.api = api
        self.name = name
        #: Whether it is ours, to be scaled and deleted.
        self.made = made
        self.scheduler_address = ""
        self.scheduler_comm: Any = None
        self.dashboard_port: int | None = None
        self.pods: list[Pod] = []
        #: The names of the connected workers.
        self.workers: set[str] = set()
        #: How many workers the operator is told to run.
        self.wanted = 0
        self.problem: str | None = None
        self._security = security
        self._forwards: list[Any] = []
        self._watching: asyncio.Task[None] | None = None

    @property
    def selector(self) -> str:
        """The label of all that belongs to it."""
        return f"{CLUSTER}={self.name}"

    async def create(self, resource: dict[str, Any]) -> None:
        """Make the resource. ClusterError if Kubernetes does not take it."""
        try:
            await self.api.call("POST", DASK, "daskclusters", resource)
        except Missing as error:
            raise ClusterError(
                "Kubernetes does not know Dask clusters.", hint="The operator has to install the Dask operator with its CRDs."
            ) from error

    async def start(self) -> None:
        """Wait until the scheduler is ready, and connect to it; the host's deadline ends it."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not await self._scheduler_ready(loop.time() - begun):  # noqa: ASYNC110  only Kubernetes knows
            await asyncio.sleep(0.5)
        progress.tell("Connecting to the scheduler")
        self.scheduler_address = await self._address()
        self.dashboard_port = await self._forward(DASHBOARD_PORT)
        await self._connect()
        await self.look()
        self._watching = asyncio.create_task(self._watch())

    async def _scheduler_ready(self, waited: float) -> bool:
        """Whether the scheduler's pod is ready; tells what it waits for."""
        try:
            found = await self.api.call("GET", CORE, "pods", labelSelector=f"{self.selector},{COMPONENT}=scheduler")
        except ClusterError as error:
            progress.tell(error.message)
            return False
        for item in found["items"]:
            conditions = item["status"].get("conditions") or []
            if any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions):
                return True
            pod = pods.read(item)
            progress.tell(f"The scheduler's pod is {pod.state}" + (f": {pod.reason}" if pod.reason else ""))
        if not found["items"]:
            progress.tell(await self._why_no_pod(waited))
        return False

    async def _why_no_pod(self, waited: float) -> str:
        if waited < OPERATOR_TIME:
            return "Waiting for the Dask operator"
        deployments = await self.api.call("GET", APPS, "deployments", labelSelector=self.selector)
        for deployment in deployments["items"]:
            for condition in deployment["status"].get("conditions") or []:
                if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
                    return f"The scheduler's pod cannot be made: {condition['message']}"
        return f"The Dask operator has done nothing for {waited:.0f} s: does its controller run?"

    async def _address(self) -> str:
        """Inside the cluster the service's name, elsewhere a port of this machine."""
        host = f"{self.name}-scheduler.{self.api.namespace}"
        if await _inside() and await _reached(host, SCHEDULER_PORT):
            return f"tcp://{host}:{SCHEDULER_PORT}"
        return f"tcp://127.0.0.1:{await self._forward(SCHEDULER_PORT)}"

    async def _forward(self, port: int) -> int:
        """A port of this machine that leads to one of the scheduler's service."""
        from kr8s.asyncio.objects import Service

        service = await Service.get(f"{self.name}-scheduler", namespace=self.api.namespace, api=self.api.client)
        forward = service.portforward(remote_port=port, local_port="auto")
        await forward.start()
        self._forwards.append(forward)
        local: int = forward.local_port
        return local

    async def _connect(self) -> None:
        from distributed.core import rpc

        arguments = self._security.get_connection_args("client")
        while True:
            self.scheduler_comm = rpc(self.scheduler_address, timeout=CONNECT_DEADLINE, connection_args=arguments)
            try:
                await self.scheduler_comm.identity()
                return
            except OSError as error:
                logger.info("The scheduler is not reached yet: %s", describe(error))
                await self.scheduler_comm.close_rpc()
                await asyncio.sleep(0.5)

    async def look(self) -> None:
        """Ask for the pods, and for what the operator is told."""
        found = await self.api.call("GET", CORE, "pods", labelSelector=f"{self.selector},{COMPONENT}=worker")
        self.pods = [pods.read(item) for item in found["items"]]
        identity = await self.scheduler_comm.identity()
        self.workers = {str(worker["name"]) for worker in identity["workers"].values()}
        group = await self.api.call("GET", DASK, f"daskworkergroups/{self.name}-default")
        self.wanted = group["spec"]["worker"]["replicas"]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.look()
                self.problem = None
            except Exception as error:
                self.problem = describe(error)

    async def scale(self, workers: int) -> None:
        """Ask for a number of workers."""
        with contextlib.suppress(Missing):
            await self.api.call("DELETE", DASK, f"daskautoscalers/{self.name}")
        await self.api.call("PATCH", DASK, f"daskworkergroups/{self.name}-default", {"spec": {"worker": {"replicas": workers}}})
        await self.look()

    async def adapt(self, minimum: int, maximum: int) -> None:
        """Let the operator follow the load."""
        spec = {"cluster": self.name, "minimum": minimum, "maximum": maximum}
        try:
            await self.api.call("PATCH", DASK, f"daskautoscalers/{self.name}", {"spec": spec})
        except Missing:
            metadata = {"name": self.name, "labels": {CLUSTER: self.name}}
            resource = {"apiVersion": DASK, "kind": "DaskAutoscaler", "metadata": metadata, "spec": spec}
            await self.api.call("POST", DASK, "daskautoscalers", resource)

    async def delete_pod(self, name: str) -> None:
        """Delete a worker's pod; the operator makes another one."""
        if name not in [pod.name for pod in self.pods]:
            raise Unknown("There is no such pod.")
        await self.api.call("DELETE", CORE, f"pods/{name}")

    async def exists(self) -> bool:
        """Whether the resource is there."""
        try:
            await self.api.call("GET", DASK, f"daskclusters/{self.name}")
        except Missing:
            return False
        return True

    async def close(self) -> None:
        """Disconnect; delete what is ours, and wait until its pods are gone."""
        if self._watching:
            self._watching.cancel()
        if self.scheduler_comm:
            await self.scheduler_comm.close_rpc()
        for forward in self._forwards:
            with contextlib.suppress(Exception):
                await forward.stop()
        if self.made:
            await delete(self.api, self.name)


async def _inside() -> bool:
    """Whether services have names here: that of the API always exists."""
    try:
        await asyncio.wait_for(asyncio.get_running_loop().getaddrinfo("kubernetes.default", 443, type=socket.SOCK_STREAM), CONNECT_DEADLINE)
    except (OSError, asyncio.TimeoutError):
        return False
    return True


async def _reached(host: str, port: int) -> bool:
    """Whether a service can be connected to, which takes a moment after its pod is ready."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SERVICE_DEADLINE
    while loop.time() < end:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_DEADLINE)
        except (OSError, asyncio.TimeoutError):
            await asyncio.sleep(0.5)
        else:
            writer.close()
            return True
    return False


async def delete(api: API, name: str) -> None:
    """Delete a cluster, and wait until nothing of it is left."""
    with contextlib.suppress(Missing):
        await api.call("DELETE", DASK, f"daskclusters/{name}", {"propagationPolicy": "Foreground"})
    while await _left(api, name):  # noqa: ASYNC110  only Kubernetes knows
        await asyncio.sleep(0.5)


async def _left(api: API, name: str) -> bool:
    """Whether something of a cluster is there still. Pods that were deleted and have never run go at once."""
    found = await api.call("GET", CORE, "pods", labelSelector=f"{CLUSTER}={name}")
    for item in found["items"]:
        pod = pods.read(item)
        if pod.state == "completing" and not pod.has_run:
            with contextlib.suppress(ClusterError):  # not everybody may delete pods
                await api.call("DELETE", CORE, f"pods/{pod.name}", {"gracePeriodSeconds": 0})
    clusters = await api.call("GET", DASK, "daskclusters", fieldSelector=f"metadata.name={name}")
    return bool(found["items"] or clusters["items"])
