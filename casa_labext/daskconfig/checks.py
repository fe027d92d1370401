"""What is wrong in a dask configuration that reader.py has told of, beyond what launching checks: each check found in real files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ..batch.options import RENAMED

Setting = dict[str, Any]

#: Durations and sizes whose default is none, so that the default does not tell (distributed.yaml, jobqueue.yaml).
UNITS = {
    "distributed.scheduler.idle-timeout": "duration",
    "distributed.scheduler.no-workers-timeout": "duration",
    "distributed.worker.lifetime.duration": "duration",
    "distributed.worker.memory.max-spill": "bytes",
}
JOB_SIZES = {"memory", "disk"}
EXAMPLES = {"bytes": "a number of bytes, such as 4 GiB", "duration": "a duration, such as 30s or 5 minutes"}
#: Mappings that take any key.
OPEN = {"logging", "environ", "kwargs", "job-extra", "job-extra-directives", "scheduler-options"}
#: Variables that steer dask or its companions and are no settings, as the keys that dask takes them for.
NO_SETTINGS = {"config", "root-config", "dashboard-link"}


@dataclass(frozen=True)
class Problem:
    """`ConfigurationProblem` in openapi.yaml."""

    key: str | None
    message: str
    hint: str | None = None
    severity: str = "error"
    source: dict[str, Any] | None = None


def check(answer: dict[str, Any]) -> list[Problem]:
    """All that is wrong."""
    known = _Known(answer)
    found = [
        Problem(None, problem["message"], "Until it is mended dask cannot be imported at all.", source=problem["source"])
        for problem in answer["malformed"]
    ]
    found += [Problem(None, f"{failed['package']} cannot be imported: {failed['message']}") for failed in answer["failed"]]
    found += [_deprecated(entry) for entry in answer["deprecated"]]
    found += [
        Problem(entry["key"], f"It must be a mapping: dask drops {_kind(entry['value'])} here.", source=entry["source"])
        for entry in answer["dropped"]
    ]
    old = {_hyphens(entry["key"]) for entry in answer["deprecated"]}
    for setting in answer["settings"]:
        if setting["source"]["layer"] != "default" and _hyphens(setting["key"]) not in old:
            found += _own(setting, known)
    return found


#: A section of coffea_casa, whose packaged file has the same fault; clusters of this extension keep the list that the class makes.
UNENCRYPTED = "jobqueue.coffea-casa.job-extra-directives.encrypt-input-files"


def _own(setting: Setting, known: _Known) -> Iterator[Problem]:
    """What is wrong in a value that is not a package's default."""
    key, source = _hyphens(setting["key"]), setting["source"]
    if (renamed := _renamed_option(key)) and setting["value"] not in (None, []):
        yield _deprecated({"key": setting["key"], "new": renamed, "source": source})
    elif not known.allows(key):
        if not (source["layer"] == "environment" and key in NO_SETTINGS) and (hint := known.hint(key)):
            yield Problem(setting["key"], "Dask does not know this key: it has no effect.", hint, "warning", source)
    elif unit := known.unit(key):
        if setting["value"] not in (None, False) and unit not in setting["parses"]:
            yield Problem(setting["key"], f"It must be {EXAMPLES[unit]}, not {setting['value']!r}.", source=source)
    elif message := known.wrong(key, setting["value"]):
        yield Problem(setting["key"], message, source=source)
    if key == UNENCRYPTED and setting["value"] == "":
        yield Problem(
            setting["key"],
            "An empty list: CoffeaCasaCluster, made in a notebook, sends certificates and tokens to its jobs without encryption.",
            "Name the files, separated by commas. Clusters made in the panel send them encrypted.",
            "warning",
            source,
        )
    if key.startswith("jobqueue.") and key.endswith(".log-directory") and (message := _not_writable(setting["value"])):
        yield Problem(setting["key"], message, "Jobs without a log tell nobody why they failed.", "warning", source)


class _Known:
    """What keys there are, and what they hold."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._defaults: dict[str, list[str]] = answer["defaults"]
        self._schemas = answer["schemas"]
        described = {key for schema in self._schemas for key in _described(schema)}
        self._keys = self._defaults.keys() | described
        #: Keys that have others below them.
        self.sections = {above for key in self._keys for above in _above(key)}

    def allows(self, key: str) -> bool:
        """Whether a key means something, or may mean something to whom it is for."""
        parts = key.split(".")
        return (
            key in self._keys
            or key in self.sections
            or any(above in self._keys for above in _above(key))  # below an empty mapping
            or any(part in OPEN for part in parts)
            or (parts[0] == "jobqueue" and len(parts) > 1 and f"jobqueue.{parts[1]}" not in self.sections)  # a section of one's own
        )

    def hint(self, key: str) -> str | None:
        """What may have been meant; None for what may belong to a package that is not known here."""
        there = self._keys | self.sections
        top = key.partition(".")[0]
        # A name alone may be anybody's, unless it is distributed's.
        meant = [other for other in there if other == f"distributed.{key}" or ("." in key and other.endswith(f".{key}"))]
        if meant:
            return f"Is {min(meant, key=len)} meant? Then it is the place in the file, or the indentation, that is wrong."
        if near := difflib.get_close_matches(key, there, 1, 0.85):
            return f"Is {near[0]} meant?"
        if top in self.sections:
            return "Remove it."
        near = difflib.get_close_matches(top, {other for other in self.sections if "." not in other}, 1, 0.75)
        return f"Is {near[0]} meant, instead of {top}?" if near else None

    def unit(self, key: str) -> str | None:
        """What a value is measured in, told from its default."""
        if key.startswith("jobqueue.") and key.rpartition(".")[2] in JOB_SIZES:
            return "bytes"
        parses = self._defaults.get(key, [])
        return UNITS.get(key) or (parses[0] if len(parses) == 1 else None)

    def wrong(self, key: str, value: object) -> str | None:
        """What dask's own schema has against a value."""
        for described in self._schemas:
            schema: dict[str, Any] | None = described
            for part in key.split("."):
                schema = (schema or {}).get("properties", {}).get(part)
            if schema and (error := best_match(Draft202012Validator(schema).iter_errors(value))):
                return f"{error.message}."
        return None


def _described(schema: dict[str, Any], above: str = "") -> Iterator[str]:
    """The keys that a schema has, but for those that have others below them."""
    for name, inner in schema.get("properties", {}).items():
        key = _hyphens(f"{above}{name}")
        if inner.get("properties"):
            yield from _described(inner, f"{key}.")
        else:
            yield key


def _above(key: str) -> Iterator[str]:
    parts = key.split(".")
    for length in range(1, len(parts)):
        yield ".".join(parts[:length])


def _hyphens(key: str) -> str:
    return key.replace("_", "-")


def _kind(value: object) -> str:
    """What it is; not itself, which may be a secret in the wrong place."""
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def _deprecated(entry: dict[str, Any]) -> Problem:
    hint = f"It is called {entry['new']} now." if entry["new"] else "Remove it."
    return Problem(entry["key"], "Dask has given this name up.", hint, "warning", entry["source"])


def _renamed_option(key: str) -> str | None:
    """What dask-jobqueue calls an option now."""
    parts = key.split(".")
    new = RENAMED.get(parts[2]) if parts[0] == "jobqueue" and len(parts) > 2 else None
    return ".".join([*parts[:2], new]) if new else None


def _not_writable(value: object) -> str | None:
    """Why logs cannot be written into a folder; it may be made when it is needed."""
    if not isinstance(value, str) or not value:
        return None
    folder = Path(os.path.expanduser(os.path.expandvars(value)))
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return None
    return f"{folder} cannot be written to." if folder.is_dir() else f"{folder} is no folder."
