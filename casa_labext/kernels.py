"""What the kernels that this server starts find in their environment.

Kernels inherit the environment of the server. A kernel may live longer than the cluster that was the default when it started, and every
client reads the files that its configuration names: so they are copies, which stay until the server stops.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from . import directories
from .host.errors import ClusterError, describe

ADDRESS = "DASK_SCHEDULER_ADDRESS"
LINK = "DASK_DISTRIBUTED__DASHBOARD__LINK"
TLS = {"ca": "DASK_DISTRIBUTED__COMM__TLS__CA_FILE"} | {
    name: f"DASK_DISTRIBUTED__COMM__TLS__CLIENT__{name.upper()}" for name in ("cert", "key")
}

#: The variables that were set here, with what they were before.
_before: dict[str, str | None] = {}


def original_environ() -> dict[str, str]:
    """The environment without what is meant for kernels alone."""
    environ = {name: value for name, value in os.environ.items() if name not in _before}
    return environ | {name: value for name, value in _before.items() if value is not None}


def set_link(base_url: str) -> None:
    """Let a client in a notebook print a link to its dashboard that opens in the browser."""
    _set(LINK, base_url.replace("{", "{{").replace("}", "}}") + "proxy/{port}/status")


def environment(connection: dict[str, Any]) -> dict[str, str]:
    """The variables with which a bare `Client()` connects to a cluster; `connection` as in openapi.yaml."""
    tls = connection["tls"] or {}
    return {ADDRESS: connection["address"], **{variable: tls[name] for name, variable in TLS.items() if tls}}


def set_default(cluster_id: str, connection: dict[str, Any]) -> None:
    """Let a bare `Client()` connect to a cluster; `connection` as in openapi.yaml. ClusterError if that cannot be."""
    unset_default()
    if connection["tls"]:
        try:
            folder = directories.for_kernels() / cluster_id
            folder.mkdir(mode=0o700, exist_ok=True)
            for name, variable in TLS.items():
                source = Path(connection["tls"][name])
                _set(variable, shutil.copy(source, str(folder / source.name)))  # keeps the mode, which is 0600
        except OSError as error:
            unset_default()
            raise ClusterError(f"The cluster's certificates cannot be copied: {describe(error)}") from error
    _set(ADDRESS, connection["address"])


def unset_default() -> None:
    """Let it be no more."""
    for name in (ADDRESS, *TLS.values()):
        _unset(name)


def end() -> None:
    """The server stops, and its kernels with it."""
    for name in list(_before):
        _unset(name)
    directories.discard(directories.for_kernels())


def _set(name: str, value: str) -> None:
    _before.setdefault(name, os.environ.get(name))
    os.environ[name] = str(value)


def _unset(name: str) -> None:
    if name in _before:
        value = _before.pop(name)
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
