"""A scheduler that somebody else runs: seen and computed on, never scaled or shut down."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .. import encryption
from ..host.errors import ClusterError, WrongRequest, describe
from .base import Kind, Options, Schema, security

if TYPE_CHECKING:
    from ..host.record import Record


#: Seconds to connect.
CONNECT_DEADLINE = 8.0


class Attached(Kind):
    """A connection to a scheduler."""

    title = "Running scheduler"
    description = "Connects to a Dask scheduler that runs already. It is not shut down from here."
    attached = True
    settings: ClassVar[Schema] = {
        "type": "object",
        "additionalProperties": False,
        # Whether its dashboard may run scripts with the rights of the user on the Jupyter server.
        "properties": {"trusted": {"type": "boolean"}},
    }
    options: ClassVar[dict[str, Schema]] = {
        "address": {
            "type": "string",
            "title": "Scheduler address",
            "description": "Such as tls://localhost:8786; or leave it empty and name a scheduler file.",
            "maxLength": 300,
            "pattern": r"^((tls|tcp)://[A-Za-z0-9._\-\[\]:]+:\d{1,5})?(?![\s\S])",
            "default": "",
        },
        "scheduler-file": {
            "type": "string",
            "title": "Scheduler file",
            "description": "The path of the file that dask scheduler --scheduler-file has written.",
            "maxLength": 4000,
            "pattern": r"^[^\x00-\x1f\x7f]*(?![\s\S])",
            "default": "",
        },
    }

    def encryption(self, options: Options, settings: Options, comm: encryption.Comm) -> str:
        address, file = options["address"], options["scheduler-file"]
        if bool(address) == bool(file):
            raise WrongRequest("Either an address or a scheduler file is needed.", field="options.address")
        usable = {"ca-file", "client.cert"} <= comm.files.keys()
        if address.startswith("tls://") and not usable:
            raise WrongRequest(
                "It wants encryption, and dask's configuration names no certificates for clients.",
                field="options.address",
                hint="Set distributed.comm.tls.ca-file and distributed.comm.tls.client.cert.",
            )
        if comm.required and address.startswith("tcp://"):
            raise WrongRequest("It is not encrypted, and dask's configuration requires encryption.", field="options.address")
        # What a scheduler file names is known in the host alone; a wrong guess is refused by dask.
        return "configured" if usable and not address.startswith("tcp://") else encryption.choose(False, comm)

    def trusted(self, record: Record) -> bool:
        # Or an authority that the operator configured has signed the certificate of its scheduler.
        return super().trusted(record) or record.encryption == "configured"

    async def make(self, record: Record, directory: Path) -> Any:
        attachment = Attachment(record.options["address"] or _address(record.options["scheduler-file"]), security(record))
        await attachment.greet()
        return attachment


class Attachment:
    """What there is in the place of a cluster manager."""

    def __init__(self, address: str, security: Any) -> None:
        from distributed.core import rpc

        self.scheduler_address = address
        self.scheduler_comm = rpc(address, timeout=CONNECT_DEADLINE, connection_args=security.get_connection_args("client"))

    async def greet(self) -> None:
        """ClusterError unless a scheduler answers."""
        try:
            identity = await self.scheduler_comm.identity()
        except (OSError, RuntimeError, TypeError) as error:
            raise ClusterError(
                f"No scheduler answers at {self.scheduler_address}: {describe(error)}",
                hint="Is it running, and are the certificates in dask's configuration those it was started with?",
            ) from error
        if identity["type"] != "Scheduler":
            raise ClusterError(f"At {self.scheduler_address} there is a {identity['type']}, no scheduler.")

    async def close(self) -> None:
        """Disconnect."""
        await self.scheduler_comm.close_rpc()


def _address(file: str) -> str:
    """The address in a scheduler file."""
    try:
        return str(json.loads(Path(os.path.expanduser(file)).read_text())["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"The scheduler file {file} cannot be used: {describe(error)}") from error


kind = Attached()
