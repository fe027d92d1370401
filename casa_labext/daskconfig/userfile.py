"""The file that changes are written to: one of our own in the user's dask folder, so that no hand-written one is ever touched."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

#: Dask reads a folder's files by name, the last one counts most.
NAME = "zz-casa-labext.yaml"
HEADER = "# Written by casa_labext's configuration page. It counts more than the other files in this folder.\n"


def path() -> Path:
    """Where it is, whether it is there or not."""
    return Path.home() / ".config" / "dask" / NAME


def counts_more(other: str) -> bool:
    """Whether dask reads another file after it: one of $DASK_CONFIG, or with a later name in its folder."""
    folder = path().parent
    if Path(other).parent == folder:
        return Path(other).name > NAME
    steering = os.environ.get("DASK_CONFIG")
    return steering is not None and Path(other).is_relative_to(steering) and Path(steering) != folder


def nested(key: str, value: Any) -> dict[str, Any]:
    """The mapping that has a value at a key with dots."""
    for part in reversed(key.split(".")):
        value = {part: value}
    result: dict[str, Any] = value
    return result


def put(key: str, value: Any) -> None:
    """Set a key. OSError, or ValueError for a file that is malformed."""
    values = _read()
    inner = values
    *above, last = key.split(".")
    for part in above:
        name = _name(inner, part)
        if not isinstance(inner.get(name), dict):
            inner[name] = {}
        inner = inner[name]
    inner[_name(inner, last)] = value
    _write(values)


def remove(key: str) -> None:
    """Remove a key, and what has become empty. OSError, or ValueError for a file that is malformed."""
    values = _read()
    _remove(values, key.split("."))
    _write(values)


def _remove(values: dict[Any, Any], parts: list[str]) -> None:
    name = _name(values, parts[0])
    if len(parts) > 1 and isinstance(values.get(name), dict):
        _remove(values[name], parts[1:])
        if values[name]:
            return
    elif len(parts) > 1:
        return
    values.pop(name, None)


def _name(values: dict[Any, Any], part: str) -> Any:
    """How a mapping writes a part of a key: dask takes `_` for `-`."""
    return next((name for name in values if str(name).replace("_", "-") == part.replace("_", "-")), part)


def _read() -> dict[str, Any]:
    try:
        values = yaml.safe_load(path().read_text())
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path()} is no YAML") from error
    if values is not None and not isinstance(values, dict):
        raise ValueError(f"{path()} is no mapping")
    return values or {}


def _write(values: dict[str, Any]) -> None:
    """At once or not at all, and for the user alone: it may have secrets. Removed when there is nothing in it."""
    target = path()
    if not values:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Dask must not take it for one of its files meanwhile: the name ends otherwise.
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{NAME}.")
    try:
        with open(descriptor, "w") as file:
            file.write(HEADER + yaml.safe_dump(values, sort_keys=True, allow_unicode=True))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
