"""`casa doctor`: is it installed as it should be, what can be launched here, and what is to be mended. Needs no server."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jupyter_core.paths import jupyter_config_path, jupyter_path

from .. import profiles
from ..environments import PROBE, run
from ..host.errors import ClusterError, describe
from ..registry import inquire

PACKAGES = ("casa_labext", "jupyterlab", "jupyter_server", "jupyter-server-proxy", "dask", "distributed")


@dataclass(frozen=True)
class Finding:
    """Something that was looked at; `what` it is about, whether it is `good`, and in words."""

    what: str
    good: bool
    text: str


def doctor(*, as_json: bool = False) -> int:
    """Print the findings; 0 if something can be launched and nothing is broken."""
    findings = [*_installation(), *asyncio.run(_profiles())]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            print(f"{'ok ' if finding.good else '-- '} {finding.what}: {finding.text}")
    broken = [finding for finding in findings if not finding.good and not finding.what.startswith("profile ")]
    usable = any(finding.good and finding.what.startswith("profile ") for finding in findings)
    return 0 if usable and not broken else 1


def _installation() -> list[Finding]:
    findings = [Finding("python", True, sys.version.split()[0] + f" ({sys.executable})")]
    for package in PACKAGES:
        try:
            findings.append(Finding(package, True, version(package)))
        except PackageNotFoundError:
            needed = package != "jupyterlab"  # the server extension works without, for scripts
            findings.append(Finding(package, not needed, "It is not installed in this environment."))
    files = {
        "server extension": [Path(folder) / "jupyter_server_config.d" / "casa_labext.json" for folder in jupyter_config_path()],
        "front end": [Path(folder) / "labextensions" / "casa-labext" / "package.json" for folder in jupyter_path()],
    }
    for what, places in files.items():
        found = [path for path in places if path.exists()]
        text = str(found[0]) if found else "Jupyter does not find it: install casa_labext into the environment of JupyterLab."
        findings.append(Finding(what, bool(found), text))
    return findings


async def _profiles() -> list[Finding]:
    try:
        answer = await run(sys.executable, PROBE)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        return [Finding("dask's configuration", False, describe(error))]
    findings = [Finding("dask's configuration", False, answer["error"])] if answer["error"] else []
    configuration = profiles.configuration(answer)
    findings += [Finding(problem.where, False, problem.message) for problem in configuration.problems]
    if not findings:
        findings.append(Finding("dask's configuration", True, "It can be read, and nothing in it is wrong for casa_labext."))
    offered = list(configuration.profiles.values())
    looked_at = await asyncio.gather(*map(inquire, offered))
    findings += [_finding(profile, error) for profile, (_, error) in zip(offered, looked_at, strict=True)]
    return findings


def _finding(profile: profiles.Profile, error: ClusterError | None) -> Finding:
    what = f"profile {profile.name}"
    if error is None:
        return Finding(what, True, f"{profile.title} can be launched.")
    return Finding(what, False, error.message + (f" {error.hint}" if error.hint else ""))
