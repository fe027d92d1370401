"""`casa doctor`: is it installed as it should be, what can be launched here, and what is to be mended. Needs no server."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jupyter_core.paths import jupyter_config_path, jupyter_path
from jupyter_server.extension.config import ExtensionConfigManager

from .. import profiles
from ..availability import inquire
from ..environments import PROBE, run
from ..host.errors import ClusterError, describe
from .text import hanging

PACKAGES = ("casa_labext", "jupyterlab", "jupyter_server", "jupyter-server-proxy", "dask", "distributed")
#: The server extensions that must be enabled.
EXTENSIONS = ("casa_labext", "jupyter_server_proxy")
FRONT_END = "casa-labext"


@dataclass(frozen=True)
class Finding:
    """Something that was looked at; `what` it is about, whether it is `good`, in words, and whether it `must` be."""

    what: str
    good: bool
    text: str
    must: bool = True

    def __str__(self) -> str:
        return hanging(f"{'ok' if self.good else '!!' if self.must else '--'}  {self.what}: {self.text}", 4)


def doctor(*, as_json: bool = False) -> int:
    """Print the findings; 0 if something can be launched and nothing is to be mended."""
    offered, problems = asyncio.run(_configuration())
    findings = [*_packages(), *_extensions(), *problems, *offered]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        print(*findings, sep="\n")
    return 0 if any(finding.good for finding in offered) and all(finding.good or not finding.must for finding in findings) else 1


def _packages() -> list[Finding]:
    findings = [Finding("python", True, f"{sys.version.split()[0]} ({sys.executable})")]
    for package in PACKAGES:
        try:
            findings.append(Finding(package, True, version(package)))
        except PackageNotFoundError:
            # The server extension works without JupyterLab, for scripts.
            findings.append(Finding(package, False, "It is not installed in this environment.", must=package != "jupyterlab"))
    return findings


def _extensions() -> list[Finding]:
    """Whether Jupyter finds both halves, and nobody has disabled them."""
    settings = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()
    findings = []
    for name in EXTENSIONS:
        enabled = bool(settings.get(name))
        text = "It is enabled." if enabled else f"It is not: run jupyter server extension enable {name}."
        findings.append(Finding(f"server extension {name}", enabled, text))
    return [*findings, _front_end()]


def _front_end() -> Finding:
    what = "front end"
    places = [Path(folder) / FRONT_END for folder in jupyter_path("labextensions")]
    found = next((place for place in places if (place / "package.json").exists()), None)
    if found is None:
        return Finding(what, False, "Jupyter does not find it: install casa_labext into the environment of JupyterLab.")
    try:
        from jupyterlab_server.config import get_page_config
    except ImportError:
        return Finding(what, True, str(found))
    disabled = get_page_config(jupyter_path("labextensions")).get("disabledExtensions", [])
    if any(name.partition(":")[0] == FRONT_END for name in disabled):
        return Finding(what, False, f"It is disabled: run jupyter labextension enable {FRONT_END}.")
    return Finding(what, True, str(found))


async def _configuration() -> tuple[list[Finding], list[Finding]]:
    """What is said of the profiles, and of dask's configuration."""
    what = "dask's configuration"
    try:
        answer = await run(sys.executable, PROBE)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        return [], [Finding(what, False, describe(error))]
    configuration = profiles.configuration(answer)
    problems = [Finding(what, False, answer["error"])] if answer["error"] else []
    problems += [Finding(problem.where, False, problem.message) for problem in configuration.problems]
    problems = problems or [Finding(what, True, "It can be read, and nothing in it is wrong for casa_labext.")]
    return await asyncio.gather(*map(_profile, [*configuration.profiles.values(), *configuration.absent])), problems


async def _profile(profile: profiles.Profile) -> Finding:
    what = f"profile {profile.name}"
    _, error = await inquire(profile)
    if error is None and profile.kind.installed():
        return Finding(what, True, f"{profile.title} is ready.")
    error = error or ClusterError(f"The package {profile.kind.package} is not installed.")
    return Finding(what, False, error.message + (f" {error.hint}" if error.hint else ""), must=False)
