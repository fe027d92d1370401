"""Dask's configuration as the browser sees it, and changes to the user's own."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from .. import profiles
from ..environments import DEADLINE, PROBE, Environment, Environments, run
from ..host.errors import ClusterError, WrongRequest, WrongState, describe
from . import checks, secrets, userfile
from .checks import Problem
from .reader import INHERITED

READER = Path(__file__).parent / "reader.py"

Answer = dict[str, Any]


class ConfigurationPage:
    """What dask's configuration is in each environment."""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments
        self._changing = asyncio.Lock()

    async def read(self, name: str | None) -> dict[str, Any]:
        """`DaskConfiguration` in openapi.yaml. ClusterError if the environment's Python does not run."""
        environment = await self._environments.get(name)
        answer, problems = await _look(environment)
        return {
            "environment": environment.name,
            "settings": [_public(setting) for setting in answer["settings"]],
            "files": answer["files"],
            "editable_file": str(userfile.path()),
            "problems": [
                asdict(_located(problem, answer["settings"])) for problem in sorted(problems, key=lambda problem: problem.severity)
            ],
        }

    async def change(self, name: str | None, change: dict[str, Any]) -> dict[str, Any]:
        """Do what `ConfigurationChange` in openapi.yaml says; what there is afterwards."""
        environment = await self._environments.get(name)
        async with self._changing:
            if "value" in change:
                await _set(environment, change["key"], change["value"])
            else:
                await _write(userfile.remove, change["key"])
        return await self.read(name)


async def _look(environment: Environment, environ: dict[str, str] | None = None) -> tuple[Answer, list[Problem]]:
    """What reader.py tells, and what is wrong: what matters when a cluster is launched is checked by what launches it."""
    environ = environment.environ | (environ or {})
    try:
        answer, probed = await asyncio.gather(*(run(environment.python, script, environ) for script in (READER, PROBE)))
    except asyncio.TimeoutError:
        raise ClusterError(f"The environment's Python has not answered within {DEADLINE:g} s.") from None
    except (OSError, ValueError) as error:
        raise ClusterError(f"Dask's configuration cannot be read: {describe(error)}") from error
    configuration = await asyncio.to_thread(profiles.configuration, probed)
    launching = [Problem(problem.where, problem.message) for problem in configuration.problems]
    theirs = {problem.key for problem in launching}
    found = await asyncio.to_thread(checks.check, answer)
    return answer, [*(problem for problem in found if problem.key is None or problem.key not in theirs), *launching]


async def _set(environment: Environment, key: str, value: Any) -> None:
    before, known = await _look(environment)
    if overruling := _overruling(before, key):
        raise WrongState(f"It would have no effect: {overruling} counts more.", field="key")
    # Tried as an inherited configuration, which counts more than any file.
    inherited = base64.urlsafe_b64encode(json.dumps(userfile.nested(key, value)).encode()).decode()
    _, found = await _look(environment, {INHERITED: inherited})
    there = {(problem.key, problem.message) for problem in known if problem.key != key}
    for problem in sorted(found, key=lambda problem: problem.key != key):  # what is said of the key itself explains most
        if (problem.key, problem.message) not in there:
            raise WrongRequest(problem.message, field="key" if problem.severity == "warning" else "value", hint=problem.hint)
    await _write(userfile.put, key, value)


async def _write(write: Any, *arguments: Any) -> None:
    try:
        await asyncio.to_thread(write, *arguments)
    except (OSError, ValueError) as error:
        raise WrongState(f"{userfile.path()} cannot be changed: {describe(error)}") from error


def _overruling(answer: Answer, key: str) -> str | None:
    """What counts more than the file that changes are written to, and has a key."""
    for setting in answer["settings"]:
        if setting["key"].replace("_", "-") == key.replace("_", "-"):
            for source in (setting["source"], *(other["source"] for other in setting["shadowed"])):
                if source["layer"] in ("environment", "inherited") or (source["layer"] == "file" and userfile.counts_more(source["name"])):
                    return str(source["name"])
    return None


def _located(problem: Problem, settings: list[dict[str, Any]]) -> Problem:
    """With the place in the file of the setting that it is about, or of one around or below."""
    if problem.source or problem.key is None:
        return problem
    parts = problem.key.replace("_", "-").split(".")
    for length in range(len(parts), 1, -1):
        key = ".".join(parts[:length])
        for setting in settings:
            if f"{setting['key'].replace('_', '-')}.".startswith(f"{key}."):
                return replace(problem, source=setting["source"])
    return problem


def _public(setting: dict[str, Any]) -> dict[str, Any]:
    """`Setting` in openapi.yaml: secrets are not told."""
    values = [setting["value"], *(other["value"] for other in setting["shadowed"])]
    redacted = any(secrets.is_secret(setting["key"], value) for value in values)
    return {
        "key": setting["key"],
        "value": None if redacted else setting["value"],
        "redacted": redacted,
        "source": setting["source"],
        "shadowed": [{**other, "value": None if redacted else other["value"]} for other in setting["shadowed"]],
    }
