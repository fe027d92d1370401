"""Clusters that a Dask Gateway server makes: dask_gateway's GatewayCluster."""

from __future__ import annotations

import asyncio
import contextlib
import json
import warnings
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .. import encryption
from ..host.errors import ClusterError, describe
from ..host.record import write_json
from .base import CONNECT_TO, Kind, Options, Schema, connect_to

if TYPE_CHECKING:
    from ..host.record import Record, Size

#: The file in the cluster's directory with the name that the gateway gave the cluster.
FILE = "gateway.json"
#: The JSON Schemas of dask_gateway's fields (dask_gateway/options.py of 2026.3).
TYPES: dict[str, Schema] = {
    "Integer": {"type": "integer"},
    "Float": {"type": "number"},
    "Bool": {"type": "boolean"},
    "String": {"type": "string", "maxLength": 4000},
    "Select": {"type": "string"},
    "Mapping": {"type": "object", "additionalProperties": {"type": "string"}},
}


class GatewayKind(Kind):
    """A cluster of a gateway, a new one or one that runs already. The gateway declares the options."""

    title = "Dask Gateway"
    description = "Made by the facility's Dask Gateway."
    maximum_workers = 1000
    package = "dask-gateway"
    inquires = True
    #: What dask_gateway's own kinds of authentication read.
    secrets = r"JUPYTERHUB_API_TOKEN$|DASK_GATEWAY__|KRB5"
    settings: ClassVar[Schema] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            # Where left out, dask's configuration says it: gateway.address, gateway.auth.type, …
            "address": {"type": "string"},
            "proxy-address": {"type": ["string", "integer"]},
            "public-address": {"type": "string"},
            "auth": {"type": "string"},
            # A subclass of dask_gateway.Gateway, or what makes one, and what else it takes.
            "module": {"type": "string"},
            "class": {"type": "string"},
            "kwargs": {"type": "object"},
        },
    }

    def encryption(self, options: Options, settings: Options, comm: encryption.Comm) -> str:
        return "off"  # the gateway has certificates for each cluster

    def installed(self) -> bool:
        return False  # without an address there is nothing to offer

    def snippet(self, record: Record, address: str) -> str:
        settings = record.settings
        module, name = settings.get("module", "dask_gateway"), settings.get("class", "Gateway")
        arguments = ", ".join(f"{key}={value!r}" for key, value in _arguments(settings).items())
        return f"""from {module} import {name}

cluster = {name}({arguments}).connect({address.rpartition("/")[2]!r})
client = cluster.get_client()
client"""

    # A gateway shows its users only clusters of their own.

    def scales(self, record: Record) -> bool:
        return True

    def trusted(self, record: Record) -> bool:
        return True

    async def reap(self, record: Record, directory: Path) -> None:
        if (directory / FILE).exists():
            from ..launcher import remove  # the launcher needs the kinds

            await remove(record, directory)

    async def inquire(self, settings: Options) -> dict[str, Schema]:
        if find_spec("dask_gateway") is None:
            raise ClusterError("The package dask-gateway is not installed.", hint="Install casa_labext[gateway].")
        async with _gateway(settings) as gateway:
            options = await gateway.cluster_options()
            running = await gateway.list_clusters(status="running")
        found = {}
        for name, option in options._fields.items():
            if schema := _schema(option):
                found[name.replace("_", "-")] = schema
        description = "A cluster that runs already on the gateway goes on when its card is closed."
        return found | connect_to(description, ((report.name, _title(report)) for report in running))

    async def make(self, record: Record, directory: Path) -> Any:
        asked = dict(record.options)
        name = asked.pop(CONNECT_TO, "")
        async with _gateway(record.settings) as gateway:
            if name:
                cluster = gateway.connect(name, shutdown_on_close=False)
            else:
                options = await gateway.cluster_options()
                for option in options:
                    if option.replace("_", "-") in asked:
                        options[option] = asked[option.replace("_", "-")]
                cluster = gateway.new_cluster(cluster_options=options, shutdown_on_close=True)
            starting = asyncio.ensure_future(cluster)
            try:
                while not starting.done() and cluster.name is None:
                    await asyncio.wait({starting}, timeout=0.02)
                if not name and cluster.name:
                    write_json(directory / FILE, {"name": cluster.name})
                await starting
            except BaseException:
                starting.cancel()
                if not name and cluster.name:
                    await asyncio.shield(_stop(gateway, cluster.name))
                raise
        return cluster

    async def scale(self, cluster: Any, size: Size) -> None:
        with warnings.catch_warnings(record=True) as caught, _in_words(cluster.gateway):
            warnings.simplefilter("always")
            if "workers" in size:
                await cluster.adapt(active=False)
                await cluster.scale(size["workers"])
            else:
                await cluster.adapt(minimum=size["minimum"], maximum=size["maximum"])
        # The gateway's limits, which dask_gateway has warnings for.
        for warning in caught:
            if type(warning.message).__name__ == "GatewayWarning":
                raise ClusterError(str(warning.message))

    async def close(self, cluster: Any, deadline: float) -> None:
        if cluster.shutdown_on_close:
            # GatewayCluster's own `close` hides what goes wrong, and does not wait.
            with _in_words(cluster.gateway):
                await _stop(cluster.gateway, cluster.name)
        await cluster.close(shutdown=False)

    async def exists(self, cluster: Any) -> bool:
        return await _runs(cluster.gateway, cluster.name)

    def dashboard(self, cluster: Any) -> str | None:
        link: str | None = cluster.dashboard_link
        return link

    async def remove(self, record: Record, directory: Path) -> None:
        name = json.loads((directory / FILE).read_text())["name"]
        async with _gateway(record.settings) as gateway:
            await _stop(gateway, name)


def _arguments(settings: Options) -> Options:
    """What Gateway is called with."""
    own = {key.replace("-", "_"): settings[key] for key in ("address", "proxy-address", "public-address", "auth") if key in settings}
    return {**own, **{key.replace("-", "_"): value for key, value in settings.get("kwargs", {}).items()}}


@contextlib.asynccontextmanager
async def _gateway(settings: Options) -> AsyncIterator[Any]:
    """A client of the gateway, while it is needed."""
    factory = getattr(import_module(settings.get("module", "dask_gateway")), settings.get("class", "Gateway"))
    gateway = factory(**_arguments(settings), asynchronous=True)
    try:
        with _in_words(gateway):
            yield gateway
    finally:
        await gateway._cleanup()


@contextlib.contextmanager
def _in_words(gateway: Any) -> Iterator[None]:
    """ClusterError, in words, for what goes wrong with the gateway."""
    from aiohttp import ClientError, ClientResponseError

    try:
        yield
    except ClientResponseError as error:
        if error.status not in (401, 403):
            raise ClusterError(f"The gateway answers {error.status} {error.message}.") from error
        raise ClusterError(
            f"The gateway does not let you in: {error.message}.", hint="See gateway.auth in dask's configuration: user, password or token."
        ) from error
    except (ClientError, OSError, asyncio.TimeoutError) as error:
        raise ClusterError(f"The gateway {gateway.address} cannot be reached: {describe(error)}") from error


async def _runs(gateway: Any, name: str) -> bool:
    """Whether a cluster is there, or on its way."""
    try:
        report = await gateway.get_cluster(name)
    except ValueError:  # it is forgotten
        return False
    return report.status.name in ("PENDING", "RUNNING", "STOPPING")


async def _stop(gateway: Any, name: str) -> None:
    """Stop a cluster, and wait until it has stopped."""
    with contextlib.suppress(ValueError):
        await gateway.stop_cluster(name)
    while await _runs(gateway, name):  # noqa: ASYNC110  only the gateway knows
        await asyncio.sleep(0.2)


def _schema(option: Any) -> Schema | None:
    """The JSON Schema of an option that the gateway declares; None for a type that is not known here."""
    schema = TYPES.get(type(option).__name__)
    if schema is None or (isinstance(option.value, dict) and not all(isinstance(value, str) for value in option.value.values())):
        return None
    bounds = {"minimum": "min", "maximum": "max", "enum": "options"}
    values = {key: getattr(option, name, None) for key, name in bounds.items()}
    stated = {key: list(value) if key == "enum" else value for key, value in values.items() if value is not None}
    return {**schema, "title": option.label, "default": option.value, **stated}


def _title(report: Any) -> str:
    return f"{report.name[:8]}, since {report.start_time:%Y-%m-%d %H:%M}"


kind = GatewayKind()
