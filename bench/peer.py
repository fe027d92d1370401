"""The peer's environment: dask-labextension with the versions of everything else that are beside us."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import distributions, version
from pathlib import Path

PEER = "dask-labextension==7.0.0"
#: What must be the same in both environments, or the peer's is made anew.
SHARED = (
    "aiohttp",
    "bokeh",
    "cloudpickle",
    "cryptography",
    "dask",
    "dask-jobqueue",
    "distributed",
    "jupyter_server",
    "jupyter-server-proxy",
    "jupyterlab",
    "msgpack",
    "psutil",
    "tornado",
)


def environment() -> Path:
    """The Python of the peer's environment, which is made once, outside the checkout."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "casa_labext-bench" / "peer"
    python = folder / "bin" / "python"
    made_of = folder / "made-of.txt"
    wanted = "\n".join([sys.version, PEER, *(f"{name}=={version(name)}" for name in SHARED)])
    if not made_of.exists() or made_of.read_text() != wanted:
        print(f"Making {folder} for {PEER}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        constraints = folder / "constraints.txt"
        names = {found.name: found.version for found in distributions() if found.name != "casa_labext"}
        constraints.write_text("".join(f"{name}=={number}\n" for name, number in names.items()))
        command = [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(constraints), PEER, *SHARED]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"The peer's environment could not be made:\n{done.stderr[-2000:]}")
        made_of.write_text(wanted)
    return python
