"""What is known of a cluster before it runs: written by the server, read by its host and by the next server."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

FILE = "cluster.json"

#: How many workers are wanted: `{"workers": n}`, or `{"minimum": n, "maximum": m}` for adaptive scaling, as in openapi.yaml.
Size = dict[str, Any]


@dataclass(frozen=True)
class TLSFiles:
    """Paths of PEM files with which scheduler, workers and clients of one cluster know each other."""

    ca: str
    cert: str
    key: str


@dataclass(frozen=True)
class Timeouts:
    """Deadlines in seconds; `casa-labext.timeouts` in dask's configuration."""

    start: float = 120.0
    scale: float = 30.0
    close: float = 30.0
    #: For one command of a batch system.
    command: float = 20.0
    #: How long a cluster outlives a server that vanished.
    orphan: float = 1800.0
    #: The same for a cluster that was told to go on without a server.
    keep: float = 7 * 86400.0


@dataclass(frozen=True)
class Record:
    """A cluster as it was asked for."""

    id: str
    name: str
    kind: str
    #: Where the kind is defined, `module:attribute`.
    reference: str
    profile: str
    options: dict[str, Any]
    settings: dict[str, Any]
    size: Size
    maximum_workers: int
    environment: str
    python: str
    created: float
    keep: bool
    #: Whose certificates are used: `own`, those of the cluster (`tls`); `configured`, those that dask's configuration names; none, as
    #: dask would have it: `off`; or none, against what dask's configuration says: `overridden`.
    encryption: str
    hostname: str
    #: The folder of the workers' relative paths: where the user's notebooks are.
    cwd: str
    environ: dict[str, str] = field(default_factory=dict)
    #: Variables of the server's environment that its processes get though they look like secrets.
    pass_environment: list[str] = field(default_factory=list)
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: TLSFiles | None = None
    #: The control socket, in a folder of its own.
    socket: str = ""
    #: A folder on a local disk for what workers spill.
    scratch: str = ""
    pid: int = 0

    @property
    def encrypted(self) -> bool:
        """Whether scheduler, workers and clients talk TLS."""
        return self.encryption in ("own", "configured")

    def save(self, directory: Path) -> None:
        """Write it into the cluster's directory, whole or not at all."""
        write_json(directory / FILE, asdict(self))

    @classmethod
    def load(cls, directory: Path) -> Record:
        """Read it; OSError, ValueError, KeyError or TypeError if it is not there or not whole."""
        return cls.parse(json.loads((directory / FILE).read_text()))

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Record:
        """The record that was written as `data`, by another version perhaps: what is not known here is left out."""
        known = {name: value for name, value in data.items() if name in cls.__dataclass_fields__}
        known["timeouts"] = Timeouts(**{name: value for name, value in data["timeouts"].items() if name in Timeouts.__dataclass_fields__})
        if data["tls"]:
            known["tls"] = TLSFiles(**data["tls"])
        return cls(**known)

    def change(self, **values: Any) -> Record:
        """A copy with other values."""
        return replace(self, **values)


def private(path: str, flags: int) -> int:
    """For `open`: what it makes is for the user alone."""
    return os.open(path, flags, 0o600)


def write_json(path: Path, data: object) -> None:
    """Write a private JSON file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "w", opener=private) as file:
            json.dump(data, file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
