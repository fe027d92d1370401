"""The Python environments that clusters can run in: the server's own and those of its kernels."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.utils import ensure_async

from . import kernels
from .host.errors import WrongRequest

PROBE = Path(__file__).parent / "probe.py"
#: Seconds that a Python may take to tell what it has: on a cold network file system it takes long.
DEADLINE = 60.0
#: Seconds that an answer is good for; a user may install a package meanwhile.
LIFETIME = 30.0
#: The name of the server's own environment.
SERVER = "server"

_OWN_NAMES = {"python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info[:2])}


def _place(python: str, environ: dict[str, str]) -> tuple[str, str, str]:
    """What tells environments apart: `python` and `python3` of one folder are one, interpreters with the same base in two are not."""
    return os.path.dirname(os.path.abspath(python)), os.path.realpath(python), json.dumps(environ, sort_keys=True)


@dataclass
class Environment:
    """A Python environment; `Environment` in openapi.yaml."""

    name: str
    title: str
    python: str
    environ: dict[str, str] = field(default_factory=dict)
    unusable: str | None = None
    versions: dict[str, str] = field(default_factory=dict)

    def public(self) -> dict[str, Any]:
        """What the browser sees: no environment variables."""
        values = asdict(self)
        del values["environ"]
        return values


async def run(python: str, script: Path, environ: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON that a script prints under a Python. OSError, ValueError or TimeoutError if it cannot run."""
    process = await asyncio.create_subprocess_exec(
        python,
        str(script),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=kernels.original_environ() | (environ or {}),
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), DEADLINE)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise ValueError(" ".join(errors.decode(errors="replace").strip().splitlines()[-1:]) or f"exit code {process.returncode}")
    answer: dict[str, Any] = json.loads(output)
    return answer


def _of_kernels(specs: dict[str, Any]) -> list[Environment]:
    """The server's own environment, and those of kernels."""
    own = _place(sys.executable, {})
    found = {own: Environment(SERVER, "Jupyter server", sys.executable)}
    for name, entry in sorted(specs.items()):
        spec = entry["spec"]
        if spec.get("language", "").lower() != "python" or not spec.get("argv"):
            continue
        command = spec["argv"][0]
        # jupyter_client starts such a kernel with the server's own Python, whatever is first on PATH.
        python = sys.executable if command in _OWN_NAMES else shutil.which(command) or command
        environ = spec.get("env", {})
        place = _place(python, environ)
        if place == own:
            found[own].title = spec["display_name"]
        found.setdefault(place, Environment(name, spec["display_name"], python, environ))
    return list(found.values())


class Environments:
    """All environments, looked up when asked for."""

    def __init__(self, kernel_specs: KernelSpecManager) -> None:
        self._kernel_specs = kernel_specs
        self._probes: dict[str, tuple[float, asyncio.Task[dict[str, Any]]]] = {}
        #: Those that run, also where a later one has taken their place.
        self._running: set[asyncio.Task[dict[str, Any]]] = set()

    def probe(self, python: str, lifetime: float = LIFETIME) -> asyncio.Task[dict[str, Any]]:
        """What a Python has; asked at most once in `lifetime` seconds."""
        started, task = self._probes.get(python, (0.0, None))
        if task is None or time.monotonic() - started > lifetime:
            task = asyncio.create_task(run(python, PROBE))
            self._probes[python] = (time.monotonic(), task)
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        """End what still runs."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def known(self) -> list[Environment]:
        """The environments, the server's own first, not looked into."""
        # In threads: at first it imports ipykernel, and kernels may be on a slow file system.
        specs = await ensure_async(await asyncio.to_thread(self._kernel_specs.get_all_specs))
        return await asyncio.to_thread(_of_kernels, specs)

    async def all(self, package: str | None = None) -> list[Environment]:
        """The environments with what is in them; those without a package that is needed are unusable."""
        found = await asyncio.gather(*map(self._look_into, await self.known()))
        for environment in found:
            if package and not environment.unusable and package not in environment.versions:
                environment.unusable = f"The package {package} is not installed in it."
        return list(found)

    async def get(self, name: str | None) -> Environment:
        """The environment with a name, the server's own for None; WrongRequest if there is none."""
        for environment in await self.known():
            if environment.name == (name or SERVER):
                return environment
        raise WrongRequest(f"There is no environment {name!r}.", field="environment")

    async def _look_into(self, environment: Environment) -> Environment:
        try:
            answer = await asyncio.shield(self.probe(environment.python))
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            environment.unusable = f"Its Python does not run: {error or 'no answer'}"
            return environment
        environment.versions = answer["versions"]
        if "distributed" not in environment.versions:
            environment.unusable = "The package distributed is not installed in it."
        else:
            environment.unusable = answer["error"]
        return environment
