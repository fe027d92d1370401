"""A script for any Python: what is installed there, and what its dask configuration says. Prints JSON; standard library alone.

    {"versions": {"python": …, "dask": …}, "config": {…}, "error": null}

`config` is the `casa-labext` section. `error` says why dask could not be imported: a malformed configuration file breaks that.
"""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("dask", "distributed", "dask-jobqueue", "msgpack", "cloudpickle", "lz4", "numpy", "pandas", "awkward", "uproot", "coffea")


def main() -> None:
    """Print what there is."""
    sys.path.pop(0)  # this file's folder
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            pass
    config, error = {}, None
    try:
        import dask.config

        for key, value in dask.config.config.items():
            if key.replace("_", "-") == "casa-labext":
                config = value
    except Exception as raised:
        error = " ".join(str(raised).split()) or type(raised).__name__
    print(json.dumps({"versions": versions, "config": config, "error": error}, default=str))


if __name__ == "__main__":
    main()
