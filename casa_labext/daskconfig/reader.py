"""A script for any Python with dask: its effective configuration, and where each value comes from. Standard library and dask alone.

Prints JSON with
`settings`: what a process that starts now has: `key`, `value`, `parses` (as `bytes`, as `duration`), `source`, and `shadowed`: value
and source of what would count without it, the next one first;
`defaults`: the keys that packages have, each with what its value parses as; `schemas`: dask's JSON Schemas of them;
`dropped`: `key`, `value` and `source` of what is no mapping where packages have one: dask takes no notice of it;
`deprecated`: `key`, `new` and `source` of names that dask knows no more; `files`: what is read, the one that counts most last;
`malformed`: `source` and `message` of files that break `import dask`; their settings are left out, all others are told; and
`failed`: `package` and `message` of what cannot be imported.

A source is `layer` (default, file, inherited, environment, runtime), `name` (package, path, variable) and `line`, from 1 or null.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

#: Packages that add defaults when they are imported, those first that others import.
PACKAGES = ("dask", "distributed", "dask_jobqueue", "dask_kubernetes", "dask_gateway", "coffea_casa")
INHERITED = "DASK_INTERNAL_INHERIT_CONFIG"

Path_ = tuple[str, ...]
Values = dict[Any, Any]
_MISSING = object()


@dataclass
class Layer:
    """One place that values come from."""

    kind: str
    name: str
    values: Values
    lines: dict[Path_, int] = field(default_factory=dict)

    def source(self, path: Path_) -> dict[str, Any]:
        """Where in it a key is."""
        return {"layer": self.kind, "name": self.name, "line": self.lines.get(_canonical(path))}


def _canonical(path: Path_) -> Path_:
    """Dask takes `_` for `-` in keys."""
    return tuple(part.replace("_", "-") for part in path)


def _find(values: Any, path: Path_) -> Any:
    """The value at a path, _MISSING if there is none."""
    for part in path:
        if not isinstance(values, dict):
            return _MISSING
        values = next((value for name, value in values.items() if _canonical((str(name),)) == _canonical((part,))), _MISSING)
    return values


def _assign(values: Values, path: Path_, value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value


def _leaves(values: Values, above: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """What is no mapping, or an empty one."""
    for name, value in values.items():
        path = (*above, str(name))
        if isinstance(value, dict) and value:
            yield from _leaves(value, path)
        else:
            yield path, value


def _lines(node: yaml.Node | None, above: Path_ = ()) -> Iterator[tuple[Path_, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = _canonical((*above, str(key.value)))
            yield path, key.start_mark.line + 1
            yield from _lines(value, path)


def _tolerant(load: Any) -> Any:
    """A loader that reads nothing from what is malformed, so that one such file does not hide what the others say."""

    def safe_load(text: Any) -> Any:
        try:
            values = load(text)
        except Exception:
            return {}
        return values if isinstance(values, dict) else {}

    return safe_load


def _malformed(path: str) -> tuple[int | None, str] | None:
    """Line and message if a file breaks the import of dask."""
    try:
        values = original_load(Path(path).read_text())
    except OSError:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        return (mark.line + 1 if mark else None), f"It is no YAML: {error.problem or error.context}{where}."
    except Exception as error:
        return None, f"It cannot be read: {' '.join(str(error).split())}."
    if values is None or isinstance(values, dict):
        return None
    return 1, f"It must be a mapping at its top level, not a {type(values).__name__}."


def _file(path: str) -> Layer:
    lines = {}
    with contextlib.suppress(OSError, ValueError, yaml.YAMLError):
        lines = dict(_lines(yaml.compose(Path(path).read_text(), yaml.SafeLoader)))
    return Layer("file", path, {}, lines)


def _layers(config: Any, packages: list[tuple[str, Any]]) -> list[Layer]:
    """All layers, the one that counts most last."""
    layers = [Layer("default", package, blob) for package, blob in packages]
    for path, values in config.collect_yaml(config.paths, return_paths=True):
        layer = _file(str(path))
        layer.values = values
        layers.append(layer)
    if INHERITED in os.environ:
        layers.append(Layer("inherited", INHERITED, config.deserialize(os.environ[INHERITED])))
    for name, value in os.environ.items():
        if name.startswith("DASK_") and name != INHERITED:
            layers.append(Layer("environment", name, config.collect_env({name: value})))
    return layers


def _renamed(config: Any, layers: list[Layer]) -> list[dict[str, Any]]:
    """Names that dask knows no more. Where dask has renamed them, the layers have the new ones too."""
    found = []
    for old, new in config.deprecations.items():
        path = tuple(old.split("."))
        if any(_find(layer.values, path) is not _MISSING for layer in layers if layer.kind == "default"):
            continue
        for layer in layers:
            value = _find(layer.values, path)
            if value is _MISSING:
                continue
            found.append({"key": old, "new": new, "source": layer.source(path)})
            if new and _find(config.config, path) is _MISSING:
                renamed = tuple(new.split("."))
                _assign(layer.values, renamed, value)
                if (line := layer.lines.get(_canonical(path))) is not None:
                    layer.lines[_canonical(renamed)] = line
    return found


def _dropped(config: Any, layers: list[Layer]) -> list[dict[str, Any]]:
    """What gives way to the mapping that a package has in its place."""
    return [
        {"key": ".".join(path), "value": _plain(value), "source": layer.source(path)}
        for layer in layers
        for path, value in _leaves(layer.values)
        if layer.kind != "default" and value not in (None, {}) and isinstance(_find(config.config, path), dict)
    ]


def _parses(value: Any) -> list[str]:
    """What dask can take a value for."""
    from dask.utils import parse_bytes, parse_timedelta

    found = []
    # Without a number dask takes 1: nobody means that.
    if isinstance(value, (str, int, float)) and not isinstance(value, bool) and any(map(str.isdigit, str(value))):
        for unit, parse in (("bytes", parse_bytes), ("duration", parse_timedelta)):
            with contextlib.suppress(Exception):
                parse(value)
                found.append(unit)
    return found


def _plain(value: Any) -> Any:
    """The same in JSON."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _setting(path: Path_, value: Any, layers: list[Layer]) -> dict[str, Any]:
    """Where a value comes from: the highest place that has it, and what else has the key."""
    having = [(layer, other) for layer in reversed(layers) if (other := _find(layer.values, path)) is not _MISSING]
    winner = next((number for number, (_, other) in enumerate(having) if other == value), None)
    source = having.pop(winner)[0].source(path) if winner is not None else {"layer": "runtime", "name": "", "line": None}
    return {
        "key": ".".join(path),
        "value": _plain(value),
        "parses": _parses(value),
        "source": source,
        "shadowed": [{"value": _plain(other), "source": layer.source(path)} for layer, other in having],
    }


def _import(failed: list[dict[str, str]]) -> list[tuple[str, Any]]:
    """Import what adds defaults; which package has added what, even if it could not be imported to its end."""
    blobs: list[tuple[str, Any]] = []
    for package in PACKAGES:
        try:
            if find_spec(package):
                importlib.import_module(package)
        except Exception as error:
            message = " ".join(str(error).split()) or type(error).__name__
            if message not in [other["message"] for other in failed]:  # of a package that imports another one
                failed.append({"package": package, "message": message})
        if config := sys.modules.get("dask.config"):
            # Packages put a copy of their defaults into the user's folder when they are imported: looking must not write.
            config.ensure_file = lambda *args, **kwargs: None  # type: ignore[attr-defined]
            blobs += [(package, blob) for blob in config.defaults[len(blobs) :]]
    return blobs


def _schemas() -> list[Any]:
    found = []
    for package in ("dask", "distributed"):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            with contextlib.suppress(OSError, yaml.YAMLError):
                found.append(original_load((Path(folder) / f"{package}-schema.yaml").read_text()))
    return found


def read() -> dict[str, Any]:
    """What is printed."""
    answer: dict[str, Any] = {
        "settings": [],
        "defaults": {},
        "schemas": _schemas(),
        "dropped": [],
        "deprecated": [],
        "files": [],
        "malformed": [],
        "failed": [],
    }
    packages = _import(answer["failed"])
    if "dask.config" not in sys.modules:
        return answer
    config = sys.modules["dask.config"]
    layers = _layers(config, packages)
    answer["files"] = [layer.name for layer in layers if layer.kind == "file"]
    for path in answer["files"]:
        if found := _malformed(path):
            source = {"layer": "file", "name": path, "line": found[0]}
            answer["malformed"].append({"source": source, "message": found[1]})
    answer["deprecated"] = _renamed(config, layers)
    answer["dropped"] = _dropped(config, layers)
    for _, blob in packages:
        answer["defaults"] |= {".".join(_canonical(path)): _parses(value) for path, value in _leaves(blob)}
    # The name of the inherited configuration is taken for a key too.
    leaves = [(path, value) for path, value in _leaves(config.config) if _canonical(path) != ("internal-inherit-config",)]
    answer["settings"] = sorted((_setting(path, value, layers) for path, value in leaves), key=lambda setting: setting["key"])
    return answer


original_load = yaml.safe_load

if __name__ == "__main__":
    sys.path.pop(0)  # this file's folder
    warnings.simplefilter("ignore")
    yaml.safe_load = _tolerant(original_load)
    with contextlib.redirect_stdout(sys.stderr):
        result = read()
    print(json.dumps(result))
