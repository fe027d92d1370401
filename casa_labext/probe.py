"""A script for any Python: what is installed there, and what its dask configuration says. Prints JSON; standard library alone.

    {"versions": {"python": …, "dask": …}, "config": {…}, "comm": {…}, "jobqueue": {…}, "jobqueue-keys": {"slurm": […], …}, "error": null}

`config` is the section `casa-labext`, `comm` what `distributed.comm` says of encryption, `jobqueue` that of dask-jobqueue, as files and
environment have them; `jobqueue-keys` is what dask-jobqueue's own defaults have in each of its sections.
`error` says why dask could not be imported: a malformed configuration file breaks that.
"""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

ENCRYPTION = ("require-encryption", "tls")
PACKAGES = ("dask", "distributed", "dask-jobqueue", "msgpack", "cloudpickle", "lz4", "numpy", "pandas", "awkward", "uproot", "coffea")


def jobqueue_keys() -> dict[str, list[str]]:
    """What dask-jobqueue's defaults have; read from its file, since importing it takes a second."""
    package = find_spec("dask_jobqueue")
    if package is None or not package.submodule_search_locations:
        return {}
    import yaml

    text = (Path(package.submodule_search_locations[0]) / "jobqueue.yaml").read_text()
    return {name: list(section) for name, section in yaml.safe_load(text)["jobqueue"].items()}


def main() -> None:
    """Print what there is."""
    sys.path.pop(0)  # this file's folder
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            pass
    config, comm, jobqueue, keys, error = {}, {}, {}, {}, None
    try:
        import dask.config

        for key, value in dask.config.config.items():
            if key.replace("_", "-") == "casa-labext":
                config = value
            elif key == "jobqueue":
                jobqueue = value
            elif key == "distributed" and isinstance(value, dict) and isinstance(value.get("comm"), dict):
                comm = {name: value["comm"].get(name) for name in value["comm"] if name.replace("_", "-") in ENCRYPTION}
        keys = jobqueue_keys()
    except Exception as raised:
        error = " ".join(str(raised).split()) or type(raised).__name__
    print(
        json.dumps(
            {"versions": versions, "config": config, "comm": comm, "jobqueue": jobqueue, "jobqueue-keys": keys, "error": error}, default=str
        )
    )


if __name__ == "__main__":
    main()
