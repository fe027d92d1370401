"""Compares what is installed where: a task that one process packs must be understood by another."""

from __future__ import annotations

from typing import Any

#: Packages whose data travel between kernel, scheduler and workers. Source: distributed.versions, and what analyses send around.
PACKAGES = ("dask", "distributed", "msgpack", "cloudpickle", "toolz", "lz4", "numpy", "pandas", "awkward", "uproot", "coffea")
#: Those that a scheduler needs: it does not unpack the others.
SCHEDULER = frozenset(("python", "dask", "distributed", "msgpack", "cloudpickle", "toolz", "lz4"))

Versions = dict[str, Any]


def mismatches(kernel: Versions, scheduler: Versions, workers: list[Versions]) -> list[str]:
    """A line for each package whose version is not the same everywhere. What the kernel does not have does not matter."""
    lines = []
    for package in ("python", *PACKAGES):
        wanted = _version(kernel, package)
        if wanted is None:
            continue
        others: dict[str, list[str]] = {}
        if package in SCHEDULER:
            others.setdefault(_version(scheduler, package) or "missing", []).append("the scheduler")
        found = [_version(worker, package) or "missing" for worker in workers]
        for version in sorted(set(found)):
            count = found.count(version)
            others.setdefault(version, []).append("the workers" if count == len(found) else f"{count} of {len(found)} workers")
        different = [f"{version} in {' and '.join(places)}" for version, places in others.items() if version != wanted]
        if different:
            lines.append(f"{package} is {wanted} in the kernel's environment, {', '.join(different)}")
    return lines


def same_python(one: Versions, other: Versions) -> bool:
    """Whether code that one packs can be run by the other."""
    return _version(one, "python") == _version(other, "python")


def _version(versions: Versions, package: str) -> str | None:
    """distributed tells Python as `3.11.2.final.0`; its third number does not matter."""
    version = versions.get(package)
    if version is None:
        return None
    return ".".join(str(version).split(".")[:2]) if package == "python" else str(version)
