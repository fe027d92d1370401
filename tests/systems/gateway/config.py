"""What the gateway of the tests is like; its ports and folder come from the environment."""

import os
import sys
from typing import Any

from dask_gateway_server.options import Bool, Float, Integer, Mapping, Options, Select, String

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821  traitlets provides it

c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.address = "127.0.0.1:0"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.SimpleAuthenticator.password = os.environ["GATEWAY_PASSWORD"]
c.Proxy.address = os.environ["GATEWAY_ADDRESS"]
c.UnsafeLocalBackend.clusters_directory = os.environ["GATEWAY_FOLDER"]
# The commands that it takes otherwise are not installed any more.
c.ClusterConfig.scheduler_cmd = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
c.ClusterConfig.worker_cmd = [sys.executable, "-m", "distributed.cli.dask_worker"]
c.ClusterConfig.cluster_max_workers = 4
c.ClusterConfig.adaptive_period = 1


def _config(options: Any) -> dict[str, Any]:
    return {"worker_cores": options.worker_cores, "worker_memory": f"{options.worker_memory} G", "environment": dict(options.environment)}


c.Backend.cluster_options = Options(
    Integer("worker_cores", default=1, min=1, max=2, label="Cores"),
    Float("worker_memory", default=0.5, min=0.2, max=2, label="Memory (GiB)"),
    Select("flavour", ["small", ("big", {})], default="small", label="Flavour"),
    String("image", default="", label="Image"),
    Bool("gpu", default=False, label="GPU"),
    Mapping("environment", default={}, label="Environment"),
    handler=_config,
)
