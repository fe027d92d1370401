"""Takes over a section `labextension` that a facility wrote for dask-labextension or one of its forks.

    labextension:
      factory: {module: coffea_casa, class: CoffeaCasaCluster, args: [], kwargs: {}}
      factories: …      # forks have several: a list with names, or a mapping
      default: {workers: 2, adapt: null}
      initial: [{name: My cluster, adapt: {minimum: 1, maximum: 50, interval: 2s}}]

A factory becomes a profile, an initial cluster an entry of `autostart`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .batch import options
from .kinds import base, load, references

#: The name of the profile that the only factory becomes.
PROFILE = "labextension"
#: Classes for which there is a kind that can do more than call them.
KINDS = {"HTCondorCluster": "htcondor", "SLURMCluster": "slurm", "PBSCluster": "pbs", "CoffeaCasaCluster": "coffea-casa"}
_UNITS = {"": 1.0, "s": 1.0, "ms": 1e-3, "m": 60.0, "min": 60.0, "h": 3600.0}
_SECTION = {"factory", "factories", "default", "initial"}
_ADAPT = {"minimum", "maximum", "interval", "wait_count", "target_duration"}


@dataclass
class Translation:
    """The same in our words, as the section `casa-labext` has them; and what is wrong: where, and what."""

    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    autostart: list[dict[str, Any]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def wrong(self, key: str, message: str) -> None:
        """Note a problem."""
        self.problems.append((f"labextension.{key}".rstrip("."), message))


def translate(section: object) -> Translation:
    """Read the section; what is wrong is left out and reported."""
    translation = Translation()
    if section is None:
        return translation
    if not isinstance(section, dict):
        translation.wrong("", "It must be a mapping.")
        return translation
    section = _underscores(section)
    for key in sorted(section.keys() - _SECTION):
        translation.wrong(key, "casa_labext does not know this key of dask-labextension.")
    size = _size(translation, "default", section.get("default"))
    for name, key, factory in _factories(translation, section):
        profile = _profile(translation, key, factory)
        if profile:
            translation.profiles[name] = {**profile, **({"size": size} if size else {})}
    initial = section.get("initial") or []
    if not isinstance(initial, list):
        translation.wrong("initial", "It must be a list.")
        initial = []
    for number, wanted in enumerate(initial):
        if not isinstance(wanted, dict):
            translation.wrong(f"initial.{number}", "It must be a mapping.")
        elif translation.profiles:
            size = _size(translation, f"initial.{number}", wanted)
            called = {"name": str(wanted["name"])} if wanted.get("name") else {}
            translation.autostart.append({"profile": next(iter(translation.profiles)), **called, **({"size": size} if size else {})})
    return translation


def _underscores(section: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).replace("-", "_"): value for key, value in section.items()}


def _factories(translation: Translation, section: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """The factories: name of the profile, key, description."""
    several = section.get("factories") or {}
    if isinstance(several, dict):
        found = [(str(name), f"factories.{name}", factory) for name, factory in several.items()]
    elif isinstance(several, list):
        found = [
            (str(factory.get("name", number)) if isinstance(factory, dict) else str(number), f"factories.{number}", factory)
            for number, factory in enumerate(several)
        ]
    else:
        translation.wrong("factories", "It must be a list or a mapping.")
        found = []
    if section.get("factory") is not None:
        found.insert(0, (PROFILE, "factory", section["factory"]))
    return found


def _profile(translation: Translation, key: str, factory: object) -> dict[str, Any] | None:
    if not isinstance(factory, dict) or not all(isinstance(factory.get(name), str) for name in ("module", "class")):
        translation.wrong(key, "It must be a mapping with module and class.")
        return None
    args, kwargs = factory.get("args") or [], factory.get("kwargs") or {}
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        translation.wrong(key, "args must be a list, and kwargs a mapping.")
        return None
    title = str(factory.get("name") or factory["class"])
    kind = KINDS.get(factory["class"]) if factory["module"].partition(".")[0] in ("dask_jobqueue", "coffea_casa") and not args else None
    if kind is None:
        settings = {"module": factory["module"], "class": factory["class"], "args": args, "kwargs": kwargs}
        return {"kind": "factory", "title": title, "settings": settings}
    presets = options.defaults(load(references()[kind]).options, kwargs)
    rest = {name: value for name, value in kwargs.items() if str(name).replace("_", "-") not in presets}
    return {"kind": kind, "title": title, "options": presets, "settings": {"kwargs": rest}}


def _size(translation: Translation, key: str, wanted: object) -> base.Options | None:
    """The size that `workers` or `adapt` mean; None if there is neither."""
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        translation.wrong(key, "It must be a mapping; dask-labextension drops anything else without a word.")
        return None
    adapt, workers = wanted.get("adapt"), wanted.get("workers")
    if isinstance(adapt, dict):
        values = {name: value for name, value in _underscores(adapt).items() if value is not None}
        for name in sorted(values.keys() - _ADAPT):
            translation.wrong(f"{key}.adapt.{name}", "There is no such bound.")
        size = {"minimum": 0, "maximum": 100, **{name: values[name] for name in values.keys() & _ADAPT}}
        for name in ("interval", "target_duration"):
            if name in size:
                seconds = _seconds(size.pop(name))
                if seconds is None:
                    translation.wrong(f"{key}.adapt.{name}", "It must be a duration, such as 2s.")
                else:
                    size[name] = seconds
        return size
    if adapt is not None:
        translation.wrong(f"{key}.adapt", "It must be a mapping.")
    return {"workers": workers} if workers is not None else None


def _seconds(value: object) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", str(value))
    return float(match[1]) * _UNITS[match[2]] if match and match[2] in _UNITS else None
