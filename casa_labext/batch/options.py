"""The options of batch clusters. Their names are the keys of dask-jobqueue's configuration, from which their defaults are taken."""

from __future__ import annotations

import re
from typing import Any

from ..kinds.base import Options, Schema

#: What ends a pattern: `$` allows for a final newline in Python, and JavaScript knows no `\Z`.
_END = r"(?![\s\S])"
_LINE = rf"^[^\x00-\x1f\x7f]*{_END}"
#: A shell may read it: variables are well, commands are not.
_WORD = rf"^((?!\$\()[^\s\x00-\x1f\x7f\"'`\\;&|<>])*{_END}"
_PATH = rf"^((?!\$\()[^\x00-\x1f\x7f\"'`\\;&|<>])*{_END}"
#: A backslash at its end would make the next line part of it.
_VALUE = rf"^([^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\\])?{_END}"
_BYTES = rf"^(?!0+(\.0+)?\s?[a-zA-Z])\d{{1,6}}(\.\d{{1,6}})?\s?([kKMGTP]i?)?B{_END}"
_WALLTIME = rf"^((\d{{1,3}}-)?\d{{1,4}}:[0-5]\d:[0-5]\d)?{_END}"


def text(title: str, description: str = "", *, default: str = "", pattern: str = _WORD, advanced: bool = True) -> Schema:
    """An option that is a text of one line."""
    schema: Schema = {"type": "string", "title": title, "maxLength": 500, "pattern": pattern, "default": default}
    return _described(schema, description, advanced)


def _number(title: str, description: str, *, default: int, minimum: int, maximum: int, advanced: bool = True) -> Schema:
    schema: Schema = {"type": "integer", "title": title, "minimum": minimum, "maximum": maximum, "default": default}
    return _described(schema, description, advanced)


def _described(schema: Schema, description: str, advanced: bool) -> Schema:
    return {**schema, **({"description": description} if description else {}), **({"x-advanced": True} if advanced else {})}


def lines(title: str, description: str) -> Schema:
    """An option that is a list of lines."""
    items = {"type": "string", "maxLength": 2000, "pattern": _LINE}
    return {"type": "array", "title": title, "description": description, "items": items, "default": [], "x-advanced": True}


def mapping(title: str, description: str) -> Schema:
    """An option that is a mapping of names to values, one a line."""
    return {
        "type": "object",
        "title": title,
        "description": description,
        "propertyNames": {"pattern": rf"^[+\w.]+{_END}"},
        "additionalProperties": {"type": "string", "maxLength": 2000, "pattern": _VALUE},
        "default": {},
        "x-advanced": True,
    }


CORES = _number("Cores per job", "Threads of its workers in all.", default=1, minimum=1, maximum=1024, advanced=False)
MEMORY = text("Memory per job", "Such as 4GiB.", default="2GiB", pattern=_BYTES, advanced=False)
DISK = text("Disk per job", "Such as 10GiB.", default="1GiB", pattern=_BYTES, advanced=False)
WALLTIME = text(
    "Walltime", "Hours, minutes and seconds, such as 02:00:00; empty for none.", default="00:30:00", pattern=_WALLTIME, advanced=False
)


def queue(title: str) -> Schema:
    """The queue, as the batch system calls it."""
    return text(title, "Empty for the default one.", advanced=False)


#: What all batch systems have.
COMMON: dict[str, Schema] = {
    "processes": _number("Workers per job", "Worker processes that share a job's cores and memory.", default=1, minimum=1, maximum=256),
    "account": text("Account", "The account, project or group that the jobs are charged to; empty for the default one."),
    "job-script-prologue": lines("Before the worker starts", "Shell commands, one a line: module load …, export …"),
    "interface": text("Network interface", "Such as ib0, of scheduler and workers; empty to let dask choose."),
    "scheduler-host": text("Scheduler host", "The address on which the scheduler listens; empty for the interface's."),
    "scheduler-port": _number("Scheduler port", "0 for any that is free.", default=0, minimum=0, maximum=65535),
    "contact-address": text("Contact address", "Where workers reach the scheduler, if not where it listens: host:port."),
    "log-directory": {
        **text("Log directory", "For what the jobs print; empty for the cluster's own, which goes with it.", pattern=_PATH),
        "maxLength": 255,  # what file systems take for a name
    },
    "python": text("Python on the nodes", "Its path; empty for the path of the environment's own."),
    "local-directory": text("Local directory", "A folder on the worker nodes for what workers spill."),
    "death-timeout": _number("Death timeout", "Seconds that a worker looks for its scheduler.", default=60, minimum=1, maximum=86400),
    "encryption": {
        "type": "boolean",
        "title": "Encryption",
        "description": "Scheduler, workers and clients talk TLS, and nobody else can connect.",
        "default": True,
        "x-advanced": True,
    },
}

#: Keys of dask-jobqueue that have another name now.
RENAMED = {
    "extra": "worker-extra-args",
    "env-extra": "job-script-prologue",
    "job-extra": "job-extra-directives",
    "header-skip": "job-directives-skip",
    "project": "account",
}


def defaults(options: dict[str, Schema], section: dict[str, Any]) -> Options:
    """The defaults that a section of dask-jobqueue's configuration gives options. Not checked."""
    values = {str(key).replace("_", "-"): value for key, value in section.items()}
    for old, new in RENAMED.items():
        if values.get(old) and not values.get(new):
            values[new] = values[old]
    return {name: _as_typed(values[name], options[name]) for name in options if values.get(name) is not None}


def _as_typed(value: Any, schema: Schema) -> Any:
    if isinstance(value, bool):
        return str(value) if schema["type"] == "string" else value
    if isinstance(value, int) and schema.get("pattern") == _WALLTIME:
        # YAML takes an unquoted 12:00:00 for a number of seconds, in base 60.
        return f"{value // 3600:02}:{value // 60 % 60:02}:{value % 60:02}"
    if isinstance(value, (int, float)) and schema.get("pattern") == _BYTES:
        return f"{value}B"
    if schema["type"] == "object" and isinstance(value, dict):
        return {str(key): str(entry) for key, entry in value.items()}
    return value


def problems(name: str, section: dict[str, Any], known: list[str]) -> list[tuple[str, str]]:
    """What is wrong with the keys of a section: where, and what. `known` are the keys of dask-jobqueue's own defaults."""
    found = []
    for key, value in section.items():
        key = str(key).replace("_", "-")  # noqa: PLW2901
        where = f"jobqueue.{name}.{key}"
        if key in RENAMED and value is not None:
            found.append((where, f"dask-jobqueue calls it {RENAMED[key]} now."))
        elif known and key not in known and key not in RENAMED:
            found.append((where, "dask-jobqueue knows no such key."))
    return found


def seconds(walltime: str) -> int:
    """`1-02:00:00`, or without days."""
    days, _, rest = walltime.rpartition("-")
    hours, minutes, rest_seconds = map(int, re.split(":", rest))
    return int(days or 0) * 86400 + hours * 3600 + minutes * 60 + rest_seconds
