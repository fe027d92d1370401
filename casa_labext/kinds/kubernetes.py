"""Workers in pods, run by the Dask operator: dask_kubernetes's DaskCluster."""

from __future__ import annotations

import getpass
import json
import os
import re
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..host.errors import ClusterError, WrongState
from .base import CONNECT_TO, Kind, Options, Schema, connect_to, security

if TYPE_CHECKING:
    from ..host.record import Record, Size
    from ..kube.cluster import KubernetesCluster

#: What a pod has where it may use the API.
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
#: Seconds that pods get to end by themselves.
GRACE_PERIOD = 10
#: Quantities of Kubernetes: 0.5, 500m, 2Gi.
_QUANTITY = r"^(\d{1,9}(\.\d{1,9})?(m|[kMGTP]i?)?)?(?![\s\S])"
_NAME = r"^([a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?)?(?![\s\S])"
_LINE = r"^[^\x00-\x1f\x7f]*(?![\s\S])"


def _text(title: str, description: str, default: str = "", *, pattern: str = _LINE, advanced: bool = True) -> Schema:
    schema = {"type": "string", "title": title, "description": description, "pattern": pattern, "maxLength": 1000, "default": default}
    return {**schema, "x-advanced": True} if advanced else schema


class Kubernetes(Kind):
    """A DaskCluster of ours, or a look at somebody else's."""

    title = "Kubernetes"
    description = "Workers in pods."
    maximum_workers = 1000
    package = "dask-kubernetes"
    has_jobs = True
    inquires = True
    extra_time_to_close = 60.0  # pods of an operator's specification get 30 s to end, and the scheduler's ends after the workers'
    settings: ClassVar[Schema] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            # Merged into the pods of scheduler and workers: nodeSelector, tolerations, volumes, …
            "pod": {"type": "object"},
            # Whether dashboards of clusters that others have made may run scripts with the rights of the user on the Jupyter server.
            "trusted": {"type": "boolean"},
            # A whole DaskCluster instead of the one that is made from the options.
            "custom-cluster-spec": {
                "type": "object",
                "required": ["apiVersion", "kind", "spec"],
                "properties": {
                    "kind": {"const": "DaskCluster"},
                    "spec": {
                        "type": "object",
                        "required": ["scheduler", "worker"],
                        "additionalProperties": {"type": "object"},
                        "properties": {
                            part: {"type": "object", "required": ["spec"], "properties": {"spec": {"type": "object"}}}
                            for part in ("scheduler", "worker")
                        },
                    },
                },
            },
        },
    }
    options: ClassVar[dict[str, Schema]] = {
        "image": _text(
            "Image", "With the same Python, dask and distributed as the notebook's.", "ghcr.io/dask/dask:latest", advanced=False
        ),
        "cpu": _text("CPUs per worker", "Such as 1 or 500m; empty for no request.", "1", pattern=_QUANTITY, advanced=False),
        "memory": _text("Memory per worker", "Such as 2Gi; empty for no limit.", "2Gi", pattern=_QUANTITY, advanced=False),
        "gpus": {"type": "integer", "title": "GPUs per worker", "minimum": 0, "maximum": 16, "default": 0, "x-advanced": True},
        "namespace": _text("Namespace", "Empty for the one of your credentials.", pattern=_NAME),
        "environment": {
            "type": "object",
            "title": "Environment",
            "description": "Variables of scheduler and workers, one a line: NAME = value.",
            "additionalProperties": {"type": "string"},
            "default": {},
            "x-advanced": True,
        },
        "worker-command": _text("Worker command", "What starts a worker in the image.", "dask worker"),
        "scheduler-command": _text("Scheduler command", "What starts the scheduler in the image.", "dask scheduler"),
        "service-type": {
            "type": "string",
            "title": "Service type",
            "description": "Of the scheduler.",
            "enum": ["ClusterIP", "NodePort", "LoadBalancer"],
            "default": "ClusterIP",
            "x-advanced": True,
        },
    }

    def installed(self) -> bool:
        credentials = "KUBECONFIG" in os.environ or any(path.exists() for path in (Path.home() / ".kube/config", SERVICE_ACCOUNT))
        return credentials and find_spec("dask_kubernetes") is not None

    async def reap(self, record: Record, directory: Path) -> None:
        from ..launcher import remove  # the launcher needs the kinds

        await remove(record, directory)

    # In a process of its own

    async def inquire(self, settings: Options) -> dict[str, Schema]:
        if find_spec("kr8s") is None:
            raise ClusterError("The package dask-kubernetes is not installed.", hint="Install casa_labext[kubernetes].")
        from ..kube.api import API, DASK, OWNER, Missing

        api = await API.connect("")
        try:
            found = await api.call("GET", DASK, "daskclusters")
        except Missing as error:
            raise ClusterError(
                "Kubernetes does not know Dask clusters: the CRDs of the Dask operator are not installed.",
                hint="Ask the operator to install the Dask operator.",
            ) from error
        names = [item["metadata"]["name"] for item in found["items"] if OWNER not in (item["metadata"].get("labels") or {})]
        description = "A cluster that somebody else has made: it is seen and used, never scaled or deleted from here."
        return connect_to(description, zip(names, names, strict=True))

    async def preview(self, record: Record) -> str | None:
        import yaml

        # Without YAML's anchors for what occurs twice.
        text: str = yaml.safe_dump(json.loads(json.dumps(_resource(record))), sort_keys=False)
        return text

    async def logs(self, record: Record, job: str) -> list[dict[str, str]]:
        from ..kube.api import API
        from ..kube.pods import logs

        name = record.options.get(CONNECT_TO) or _name(record)
        return await logs(await API.connect(record.options["namespace"]), name, job)

    async def remove(self, record: Record, directory: Path) -> None:
        from ..kube.api import API, DASK, OWNER
        from ..kube.cluster import delete

        api = await API.connect(record.options["namespace"])
        found = await api.call("GET", DASK, "daskclusters", labelSelector=f"{OWNER}={record.id}")
        for item in found["items"]:
            await delete(api, item["metadata"]["name"])

    # In the host

    async def make(self, record: Record, directory: Path) -> Any:
        from ..kube.api import API
        from ..kube.cluster import KubernetesCluster

        api = await API.connect(record.options["namespace"])
        name = record.options.get(CONNECT_TO)
        cluster = KubernetesCluster(api, name or _name(record), security(record), made=not name)
        try:
            if cluster.made:
                await cluster.create(_resource(record))
            await cluster.start()
        except BaseException:
            await cluster.close()
            raise
        return cluster

    async def scale(self, cluster: KubernetesCluster, size: Size) -> None:
        if "workers" in size:
            await cluster.scale(size["workers"])
        else:
            await cluster.adapt(size["minimum"], size["maximum"])

    def dashboard_port(self, cluster: KubernetesCluster) -> int | None:
        return cluster.dashboard_port

    async def exists(self, cluster: KubernetesCluster) -> bool:
        return await cluster.exists()

    async def close(self, cluster: KubernetesCluster, deadline: float) -> None:
        await cluster.close()

    def report(self, cluster: KubernetesCluster) -> dict[str, Any] | None:
        from ..kube import report

        return report.report(cluster)

    async def jobs(self, cluster: KubernetesCluster) -> list[dict[str, Any]]:
        from ..kube import report

        return report.jobs(cluster)

    async def act(self, cluster: KubernetesCluster, job: str, action: str) -> None:
        if action != "retry" or not cluster.made:
            raise WrongState("Scale the cluster instead.")
        await cluster.delete_pod(job)


def _name(record: Record) -> str:
    user = re.sub(r"[^a-z0-9]+", "-", getpass.getuser().lower()).strip("-")[:30]
    return f"dask-{user}-{record.id[:8]}" if user else f"dask-{record.id[:8]}"


def _resource(record: Record) -> dict[str, Any]:
    """The DaskCluster."""
    from dask_kubernetes.operator.kubecluster.kubecluster import make_cluster_spec

    from ..kube.api import CLUSTER, OWNER

    options, settings = record.options, record.settings
    amounts = {"cpu": options["cpu"], "memory": options["memory"], "nvidia.com/gpu": str(options["gpus"] or "")}
    amounts = {name: amount for name, amount in amounts.items() if amount}
    limits = {name: amount for name, amount in amounts.items() if name != "cpu"}
    custom = settings.get("custom-cluster-spec")
    resource: dict[str, Any] = (
        deepcopy(custom)
        if custom
        else make_cluster_spec(
            _name(record),
            image=options["image"],
            n_workers=0,
            resources={"requests": amounts, "limits": limits},
            env=options["environment"],
            worker_command=options["worker-command"],
            scheduler_service_type=options["service-type"],
        )
    )
    spec = resource["spec"]
    if custom:
        # A specification for many clusters cannot name the one whose scheduler its service leads to.
        spec["scheduler"].get("service", {}).setdefault("selector", {})[CLUSTER] = _name(record)
    else:
        # dask_kubernetes has a command here that distributed does not install any more.
        arguments = spec["scheduler"]["spec"]["containers"][0]["args"]
        arguments[:1] = options["scheduler-command"].split()
        for part in ("scheduler", "worker"):
            # Neither has anything to save; with clients connected a scheduler would use up Kubernetes's 30 s.
            spec[part]["spec"]["terminationGracePeriodSeconds"] = GRACE_PERIOD
    for part in ("scheduler", "worker"):
        _merge(spec[part]["spec"], settings.get("pod", {}))
    spec["worker"]["replicas"] = 0
    resource["metadata"] = {
        **resource.get("metadata", {}),
        "name": _name(record),
        "labels": {**resource.get("metadata", {}).get("labels", {}), OWNER: record.id},
    }
    return resource


def _merge(values: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        elif isinstance(value, list) and isinstance(values.get(key), list):
            values[key] = [*values[key], *value]
        else:
            values[key] = value


kind = Kubernetes()
