"""What can be launched: the profiles of `casa-labext.profiles`, each a kind of cluster narrowed by the operator.

profiles:
  big:
    kind: local
    title: Big workers
    description: For the last step.
    options: {threads-per-worker: 4}            # presets
    bounds: {threads-per-worker: {maximum: 8}}  # JSON Schema keywords that narrow an option
    locked: [memory-limit]                      # shown, not to be changed
    hidden: [encryption]                        # not shown
    size: {workers: 2}                          # or {minimum: 0, maximum: 10}
    maximum-workers: 20
    pass-environment: [MY_TOKEN]                # variables that clusters get though they look like secrets
    settings: {…}                               # what the kind asks of the operator
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from . import dashboardlink, encryption, kinds, labextension
from .encryption import Comm
from .host.errors import ClusterError, WrongRequest, describe
from .host.record import Size, Timeouts
from .kinds.base import Kind, Options, Schema
from .schemas import check, check_size, validator

DEFAULTS = Path(__file__).parent / "casa-labext.yaml"
#: The keys of the section `casa-labext`.
SECTION_KEYS = {"profiles", "autostart", "timeouts", "limits", "discover"}

_NAMES: Schema = {"type": "array", "items": {"type": "string"}}

#: What a profile may hold.
PROFILE_SCHEMA: Schema = {
    "type": "object",
    "required": ["kind"],
    "additionalProperties": False,
    "properties": {
        "kind": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "options": {"type": "object"},
        "bounds": {"type": "object", "additionalProperties": {"type": "object"}},
        "locked": _NAMES,
        "hidden": _NAMES,
        "size": {"type": "object"},
        "maximum-workers": {"type": "integer", "minimum": 1},
        "pass-environment": {"type": "array", "items": {"type": "string", "pattern": r"^[A-Za-z_]\w*(?![\s\S])"}},
        "settings": {"type": "object"},
    },
}


@dataclass(frozen=True)
class Problem:
    """Something wrong in the configuration; `Problem` in openapi.yaml."""

    where: str
    message: str


@dataclass(frozen=True)
class Profile:
    """Something that can be launched."""

    name: str
    title: str
    description: str
    kind_name: str
    reference: str
    size: Size
    maximum_workers: int
    #: JSON Schema of all options, with the operator's presets as defaults.
    schema: Schema
    #: The options that a user cannot change.
    fixed: frozenset[str]
    hidden: frozenset[str]
    settings: Options
    #: Variables of the server's environment that its clusters get though they look like secrets.
    pass_environment: list[str]
    #: Whether all options are known: a system that is asked for them may not have answered yet.
    declared: bool
    #: The same profile, with the options that such a system declares. ClusterError or SchemaError if the operator's do not go with them.
    declare: Callable[[dict[str, Schema]], Profile]

    @property
    def kind(self) -> Kind:
        """The kind of cluster."""
        return kinds.load(self.reference)

    def options(self, wanted: object) -> Options:
        """All options, from those a request has; WrongRequest if one is not as the schema says. As they are if that is not known yet."""
        if not isinstance(wanted, dict):
            raise WrongRequest("It must be an object.", field="options")
        for name in wanted:
            if name in self.fixed:
                raise WrongRequest("The operator does not let it be changed.", field=f"options.{name}")
            if name not in self.schema["properties"] and self.declared:
                raise WrongRequest(f"The profile {self.name} has no option {name!r}.", field=f"options.{name}")
        if not self.declared:
            return wanted
        check(Draft202012Validator(self.schema), wanted, field="options")
        defaults = {name: schema["default"] for name, schema in self.schema["properties"].items() if "default" in schema}
        return {**defaults, **wanted}

    def public(self, unavailable: ClusterError | None) -> dict[str, Any]:
        """`Profile` in openapi.yaml."""
        shown = {name: schema for name, schema in self.schema["properties"].items() if name not in self.hidden}
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "kind": self.kind_name,
            "unavailable": " ".join(filter(None, [unavailable.message, unavailable.hint])) if unavailable else None,
            "attached": self.kind.attached,
            "has_preview": self.kind.has_jobs,
            "size": self.size,
            "maximum_workers": self.maximum_workers,
            "schema": {**self.schema, "properties": shown},
        }


@dataclass(frozen=True)
class Configuration:
    """What the section `casa-labext` says, and what is wrong in it."""

    profiles: dict[str, Profile]
    #: The packaged profiles that are not offered, since what they need is not on this machine.
    absent: list[Profile]
    timeouts: Timeouts
    comm: Comm
    #: The clusters that the server starts by itself, as `ClusterRequest` in openapi.yaml.
    autostart: list[dict[str, Any]]
    #: The most `clusters` and `workers` that a user may have at the same time; None for no limit.
    limits: dict[str, int | None]
    #: The addresses at which a scheduler is looked for.
    discover: list[str]
    #: The template of links to dashboards that dask's configuration has.
    dashboard_link: object
    problems: list[Problem]


@cache
def _defaults() -> dict[str, Any]:
    section: dict[str, Any] = yaml.safe_load(DEFAULTS.read_text())["casa-labext"]
    return section


def configuration(dask: dict[str, Any]) -> Configuration:
    """Read the section, in what probe.py says of dask's configuration. What is wrong is left out and reported.

    The packaged profiles are offered too, those of batch systems where these are installed.
    """
    problems: list[Problem] = []
    section = dask["config"]
    if not isinstance(section, dict):
        problems.append(Problem("casa-labext", "It must be a mapping."))
        section = {}
    section = _hyphens(section)
    for key in sorted(section.keys() - SECTION_KEYS):
        problems.append(Problem(f"casa-labext.{key}", f"There is no such key; there are {', '.join(sorted(SECTION_KEYS))}."))
    timeouts = Timeouts(**_section(section, "timeouts", "a number of seconds", _is_duration, problems))
    own = section.get("profiles", {})
    if not isinstance(own, dict):
        problems.append(Problem("casa-labext.profiles", "It must be a mapping of names to profiles."))
        own = {}
    taken_over = labextension.translate(dask.get("labextension"))
    problems += [Problem(*found) for found in taken_over.problems]
    own = {**taken_over.profiles, **own}
    profiles: dict[str, Profile] = {}
    absent = []
    for name, description in {**_defaults()["profiles"], **own}.items():
        if description is None:
            continue
        try:
            profile, found = _profile(str(name), description, dask)
            if name in own or profile.kind.installed():
                profiles[str(name)] = profile
                problems += [problem for problem in found if problem not in problems]
            else:
                absent.append(profile)
        except Exception as error:  # a kind is anybody's code, and bounds are anybody's schema
            field = getattr(error, "field", None)
            where = f"casa-labext.profiles.{name}" + (f".{field}" if field else "")
            problems.append(Problem(where, describe(error)))
    comm = encryption.read(dask.get("comm"))
    problems += [Problem(where, message) for where, message in encryption.problems(comm)]
    autostart = _autostart(section.get("autostart", taken_over.autostart), profiles, problems)
    limits = _section(section, "limits", "a positive number", _is_limit, problems)
    discover = _addresses(section.get("discover", _defaults()["discover"]), problems)
    link = dask.get("dashboard-link")
    if link is not None and (message := dashboardlink.wrong(link)):
        problems.append(Problem("distributed.dashboard.link", message))
    return Configuration(profiles, absent, timeouts, comm, autostart, limits, discover, link, problems)


def _addresses(wanted: object, problems: list[Problem]) -> list[str]:
    if isinstance(wanted, list) and all(re.fullmatch(r"tls://[^/]+:\d+", str(address)) for address in wanted):
        return [str(address) for address in wanted]
    problems.append(Problem("casa-labext.discover", "It must be a list of addresses such as tls://localhost:8786."))
    return []


def _is_limit(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def _is_duration(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and 0 < value < 1e9


def _autostart(wanted: object, profiles: dict[str, Profile], problems: list[Problem]) -> list[dict[str, Any]]:
    """The requests that make sense."""
    where = "casa-labext.autostart"
    if not isinstance(wanted, list):
        problems.append(Problem(where, "It must be a list of clusters."))
        return []
    requests = []
    for number, request in enumerate(wanted):
        try:
            check(validator("ClusterRequest"), request)
            if request["profile"] not in profiles:
                raise WrongRequest(f"There is no profile {request['profile']!r}.", field="profile")
            profile = profiles[request["profile"]]
            options = profile.options(request.get("options", {}))
            check_size(request.get("size", profile.size), profile.maximum_workers, together=profile.kind.together(options))
        except WrongRequest as error:
            problems.append(Problem(".".join(filter(None, [f"{where}.{number}", error.field])), error.message))
        else:
            requests.append(request)
    return requests


def _hyphens(section: dict[Any, Any]) -> dict[str, Any]:
    """Dask takes `_` for `-` in keys; so do we, but not in the names of profiles and below settings."""
    return {str(key).replace("_", "-"): value for key, value in section.items()}


def _section(section: dict[str, Any], name: str, meant: str, valid: Callable[[object], bool], problems: list[Problem]) -> dict[str, Any]:
    """A part of the section with single values, over the defaults."""
    where = f"casa-labext.{name}"
    found = dict(_defaults()[name])
    values = section.get(name, {})
    if not isinstance(values, dict):
        problems.append(Problem(where, "It must be a mapping."))
        values = {}
    for key, value in values.items():
        if key not in found:
            problems.append(Problem(f"{where}.{key}", f"There is no such key; there are {', '.join(found)}."))
        elif not valid(value):
            problems.append(Problem(f"{where}.{key}", f"It must be {meant}, not {value!r}."))
        else:
            found[key] = value
    return found


def _profile(
    name: str, description: object, dask: dict[str, Any], declared: dict[str, Schema] | None = None
) -> tuple[Profile, list[Problem]]:
    if isinstance(description, dict):
        description = _hyphens(description)
    check(Draft202012Validator(PROFILE_SCHEMA), description)
    assert isinstance(description, dict)
    references = kinds.references()
    kind_name = description["kind"].replace("_", "-")
    if kind_name not in references:
        raise WrongRequest(f"There is no kind {kind_name!r}; there are {', '.join(sorted(references))}.", field="kind")
    kind = kinds.load(references[kind_name])
    settings = description.get("settings", {})
    check(Draft202012Validator(kind.settings), settings, field="settings")
    maximum = description.get("maximum-workers", kind.maximum_workers)
    size = {key.replace("-", "_"): value for key, value in description.get("size", {"workers": min(2, maximum)}).items()}
    check(validator("Size"), size, field="size")
    check_size(size, maximum)
    locked, hidden = (frozenset(option.replace("_", "-") for option in description.get(key, [])) for key in ("locked", "hidden"))
    presets = _hyphens(description.get("options", {}))
    bounds = _hyphens(description.get("bounds", {}))
    complete = declared is not None or not kind.inquires
    options = {**kind.options, **(declared or {})}
    schema = _schema(options, presets, bounds, locked) if complete else _schema(options, {}, {}, frozenset())
    problems = [Problem(*found) for found in kind.problems(dask, settings)]
    section, defaults = kind.defaults(dask, settings)
    for option, value in defaults.items():
        if option in presets:
            continue
        try:
            check(Draft202012Validator(schema["properties"][option]), value)
        except WrongRequest as error:
            problems.append(Problem(f"{section}.{option}", error.message))
        else:
            schema["properties"][option]["default"] = value
    for option in sorted((locked | hidden) - schema["properties"].keys()) if complete else []:
        raise WrongRequest(f"The kind {kind_name} has no option {option!r}.", field="locked" if option in locked else "hidden")
    profile = Profile(
        name=name,
        title=description.get("title", kind.title),
        description=description.get("description", kind.description),
        kind_name=kind_name,
        reference=references[kind_name],
        size=size,
        maximum_workers=maximum,
        schema=schema,
        fixed=locked | hidden,
        hidden=hidden,
        settings=settings,
        pass_environment=description.get("pass-environment", []),
        declared=complete,
        declare=lambda found: _profile(name, description, dask, found)[0],
    )
    return profile, problems


def _schema(options: dict[str, Schema], presets: Options, bounds: dict[str, Schema], locked: frozenset[str]) -> Schema:
    """The options, narrowed and with other defaults."""
    properties = copy.deepcopy(options)
    for key, values in (("bounds", bounds), ("options", presets)):
        for option in values:
            if option not in properties:
                raise WrongRequest(f"There is no option {option!r}; there are {', '.join(properties)}.", field=f"{key}.{option}")
    for option, bound in bounds.items():
        properties[option].update(bound)
        Draft202012Validator.check_schema(properties[option])
    for option, value in presets.items():
        properties[option]["default"] = value
    for option in locked & properties.keys():
        properties[option]["readOnly"] = True
    for option, schema in properties.items():
        if "default" in schema:
            check(Draft202012Validator(schema), schema["default"], field=f"options.{option}")
    return {"type": "object", "additionalProperties": False, "properties": properties}
