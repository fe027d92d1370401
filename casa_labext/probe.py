"""A script for any Python: what is installed there, and what its dask configuration says. Standard library alone.

Prints JSON with `versions`, a mapping of packages; of dask's configuration as files and environment have it `config`, the section
`casa-labext`, `labextension` and `jobqueue`, the sections of dask-labextension and dask-jobqueue, and `comm`, what `distributed.comm`
says of encryption; `dashboard-link`, its template of links; `jobqueue-keys`, what dask-jobqueue's own defaults have in each of its
sections; and `error`, why dask could not be imported: a malformed configuration file breaks that.
"""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = (
    "dask",
    "distributed",
    "dask-jobqueue",
    "dask-kubernetes",
    "dask-gateway",
    "coffea-casa",
    "msgpack",
    "cloudpickle",
    "lz4",
    "numpy",
    "pandas",
    "awkward",
    "uproot",
    "coffea",
)
ENCRYPTION = ("require-encryption", "tls")


#: Packages that have sections of `jobqueue`, with the file of their defaults.
JOBQUEUE = {"dask_jobqueue": "jobqueue.yaml", "coffea_casa": "jobqueue-coffea-casa.yaml"}


def jobqueue(package: str) -> dict[str, dict[str, object]]:
    """The defaults of a package; read from its file, since importing it takes a second, and coffea_casa writes into the home."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        return {}
    import yaml

    sections: dict[str, dict[str, object]]
    sections = yaml.safe_load((Path(found.submodule_search_locations[0]) / JOBQUEUE[package]).read_text())["jobqueue"]
    return sections


def main() -> None:
    """Print what there is."""
    sys.path.pop(0)  # this file's folder
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            pass
    answer: dict[str, object] = {
        "versions": versions,
        "config": {},
        "labextension": None,
        "jobqueue": {},
        "comm": {},
        "dashboard-link": None,
        "jobqueue-keys": {},
        "error": None,
    }
    try:
        import dask.config

        sections = {key.replace("_", "-"): value for key, value in dask.config.config.items()}
        answer["config"] = sections.get("casa-labext", {})
        answer["labextension"] = sections.get("labextension")
        answer["jobqueue"] = sections.get("jobqueue", {})
        own = jobqueue("coffea_casa")
        if own and isinstance(answer["jobqueue"], dict):
            answer["jobqueue"] = dask.config.merge(own, answer["jobqueue"])
        comm = dask.config.get("distributed.comm", {})
        if isinstance(comm, dict):
            answer["comm"] = {key: comm[key] for key in comm if key.replace("_", "-") in ENCRYPTION}
        answer["dashboard-link"] = dask.config.get("distributed.dashboard.link", None)
        known = {**jobqueue("dask_jobqueue"), **own}
        answer["jobqueue-keys"] = {name: list(section) for name, section in known.items()}
    except Exception as raised:
        answer["error"] = " ".join(str(raised).split()) or type(raised).__name__
    print(json.dumps(answer, default=str))


if __name__ == "__main__":
    main()
