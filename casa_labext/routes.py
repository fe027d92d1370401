"""The REST routes, as openapi.yaml describes them."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from .cluster import Cluster
from .host.errors import ClusterError, Unknown, WrongRequest, WrongState
from .launched import launched
from .registry import Registry
from .schemas import read_body
from .stream import StreamHandler

NAMESPACE = "casa-labext"
AUTH_RESOURCE = "casa-labext"
LOG_SOURCES = ("host", "scheduler", "workers")


class Handler(APIHandler):
    """Authenticated, authorized; a ClusterError is answered with its own status and words."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, registry: Registry) -> None:
        """Each handler works on the server's registry."""
        self.registry = registry
        # What an open tab asks again and again keeps no server from being culled.
        self._track_activity = self.request.method != "GET"

    def cluster(self, cluster_id: str) -> Cluster:
        """The cluster a request is about."""
        return self.registry.get(cluster_id)

    def answer(self, value: object, status: int = 200) -> None:
        """Answer with JSON."""
        if isinstance(value, Cluster):
            value = self.registry.public(value)
        self.set_status(status)
        self.finish(json.dumps(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """`Error` in openapi.yaml."""
        error = kwargs.get("exc_info", (None, None))[1]
        if not isinstance(error, ClusterError):
            super().write_error(status_code, **kwargs)
            return
        self.set_status(error.status)
        values = {"message": error.message, "field": error.field, "hint": error.hint}
        self.finish(json.dumps({name: value for name, value in values.items() if value is not None}))

    def log_exception(self, *args: Any) -> None:
        """What is answered to the user is no news for the log."""
        if not isinstance(args[1], ClusterError):
            super().log_exception(*args)


class ClustersHandler(Handler):
    """`/clusters`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(self.registry.all())

    @web.authenticated
    @authorized
    async def post(self) -> None:
        cluster = await self.registry.create(read_body(self.request.body, "ClusterRequest"))
        self.answer(cluster, 202)


class ClusterHandler(Handler):
    """`/clusters/{id}`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        self.answer(self.cluster(cluster_id))

    @web.authenticated
    @authorized
    async def patch(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        cluster.rename(read_body(self.request.body, "Rename")["name"])
        self.answer(cluster)

    @web.authenticated
    @authorized
    async def delete(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        cluster.close()
        self.answer(cluster, 202)


class SizeHandler(Handler):
    """`/clusters/{id}/scale` and `/clusters/{id}/adapt`."""

    def initialize(self, registry: Registry, component: str) -> None:  # type: ignore[override]
        """`component` is the schema of the body."""
        super().initialize(registry)
        self.component = component

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        size = read_body(self.request.body, self.component)
        await self.registry.scale(cluster, size)
        self.answer(cluster)


class ExtendHandler(Handler):
    """`/clusters/{id}/extend`."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        await cluster.extend()
        self.answer(cluster)


class RetryHandler(Handler):
    """`/clusters/{id}/retry`."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        await self.registry.retry(cluster)
        self.answer(cluster, 202)


class DefaultHandler(Handler):
    """`/clusters/{id}/default`."""

    @web.authenticated
    @authorized
    async def put(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        self.registry.make_default(cluster)
        self.answer(cluster)

    @web.authenticated
    @authorized
    async def delete(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        if self.registry.default is cluster:
            self.registry.make_default(None)
        self.answer(cluster)


class ConnectionHandler(Handler):
    """`/clusters/{id}/connection`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        cluster = self.registry.public(self.cluster(cluster_id))
        if cluster["connection"] is None:
            raise WrongState(f"The cluster is {cluster['state']}: it has no scheduler.")
        self.answer(cluster["connection"])


class WorkersHandler(Handler):
    """`/clusters/{id}/workers`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        self.answer(await self.cluster(cluster_id).workers())


class WorkerActionHandler(Handler):
    """`/clusters/{id}/workers/{action}`."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str, action: str) -> None:
        cluster = self.cluster(cluster_id)
        await cluster.act_on_worker(read_body(self.request.body, "WorkerAddress")["address"], action)
        self.answer(cluster)


class HistoryHandler(Handler):
    """`/clusters/{id}/history`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        try:
            after = float(self.get_query_argument("after", "0"))
        except ValueError:
            raise WrongRequest("It must be a number.", field="after") from None
        self.answer(await cluster.history(after))


class LogsHandler(Handler):
    """`/clusters/{id}/logs`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        cluster = self.cluster(cluster_id)
        source = self.get_query_argument("source", "host")
        if source not in LOG_SOURCES:
            raise WrongRequest(f"It must be one of {', '.join(LOG_SOURCES)}.", field="source")
        self.answer(await cluster.logs(source, self.get_query_argument("worker", None)))


class JobsHandler(Handler):
    """`/clusters/{id}/jobs`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        self.answer(await self.cluster(cluster_id).jobs())


class JobLogsHandler(Handler):
    """`/clusters/{id}/jobs/{job}/logs`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str, job: str) -> None:
        self.answer(await self.cluster(cluster_id).job_logs(job))


class JobActionHandler(Handler):
    """`/clusters/{id}/jobs/{job}/{action}`."""

    @web.authenticated
    @authorized
    async def post(self, cluster_id: str, job: str, action: str) -> None:
        cluster = self.cluster(cluster_id)
        await cluster.act_on_job(job, action)
        self.answer(cluster)


class SubmittedHandler(Handler):
    """`/clusters/{id}/submitted`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        self.answer(await self.cluster(cluster_id).submitted())


class LaunchedHandler(Handler):
    """`/clusters/{id}/launched`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        self.answer({"text": launched(self.cluster(cluster_id).record)})


class DiagnosisHandler(Handler):
    """`/clusters/{id}/diagnosis`."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        self.answer(await self.registry.diagnose(self.cluster(cluster_id)))


class PreviewHandler(Handler):
    """`/preview`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        self.answer({"text": await self.registry.preview(read_body(self.request.body, "ClusterRequest"))})


class ProfilesHandler(Handler):
    """`/profiles`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(await self.registry.offer())


class EnvironmentsHandler(Handler):
    """`/environments`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        environments = await self.registry.environments_for(self.get_query_argument("profile", None))
        self.answer([environment.public() for environment in environments])


class ConfigurationHandler(Handler):
    """`/configuration`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(await self.registry.configuration_page.read(self.get_query_argument("environment", None)))

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        change = read_body(self.request.body, "ConfigurationChange")
        self.answer(await self.registry.configuration_page.change(self.get_query_argument("environment", None), change))


class UnknownHandler(Handler):
    """All that is no route."""

    @web.authenticated
    def get(self) -> None:
        raise Unknown("There is nothing at this address.")

    post = put = patch = delete = get


def routes(registry: Registry) -> list[tuple[str, type[web.RequestHandler], dict[str, Any]]]:
    """All routes, below the server's base URL."""
    cluster = r"/clusters/([^/]+)"
    table: list[tuple[str, type[web.RequestHandler], dict[str, Any]]] = [
        ("/clusters", ClustersHandler, {}),
        (cluster, ClusterHandler, {}),
        (f"{cluster}/scale", SizeHandler, {"component": "FixedSize"}),
        (f"{cluster}/adapt", SizeHandler, {"component": "AdaptiveSize"}),
        (f"{cluster}/extend", ExtendHandler, {}),
        (f"{cluster}/retry", RetryHandler, {}),
        (f"{cluster}/default", DefaultHandler, {}),
        (f"{cluster}/connection", ConnectionHandler, {}),
        (f"{cluster}/workers", WorkersHandler, {}),
        (rf"{cluster}/workers/(restart|retire)", WorkerActionHandler, {}),
        (f"{cluster}/history", HistoryHandler, {}),
        (f"{cluster}/logs", LogsHandler, {}),
        (f"{cluster}/jobs", JobsHandler, {}),
        (rf"{cluster}/jobs/([^/]+)/logs", JobLogsHandler, {}),
        (rf"{cluster}/jobs/([^/]+)/(cancel|release|retry)", JobActionHandler, {}),
        (f"{cluster}/submitted", SubmittedHandler, {}),
        (f"{cluster}/launched", LaunchedHandler, {}),
        (f"{cluster}/diagnosis", DiagnosisHandler, {}),
        ("/preview", PreviewHandler, {}),
        ("/profiles", ProfilesHandler, {}),
        ("/environments", EnvironmentsHandler, {}),
        ("/configuration", ConfigurationHandler, {}),
        ("/stream", StreamHandler, {"resource": AUTH_RESOURCE}),
        ("/.*", UnknownHandler, {}),
    ]
    return [(f"/{NAMESPACE}/api{path}", handler, {"registry": registry, **values}) for path, handler, values in table]
