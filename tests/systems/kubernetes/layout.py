"""Where everything is, within the test cluster's namespaces: folders and addresses; and how programs are run there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PREFIX, RUN = Path(os.environ["K8S_PREFIX"]).resolve(), Path(os.environ["K8S_RUN"]).resolve()
BIN, PKI, LOGS, ETC = PREFIX / "bin", RUN / "pki", RUN / "logs", RUN / "etc"
NODE_NAME = os.environ.get("K8S_NODE_NAME", "testnode")
NODE_IP, NODE_NET = "10.88.0.1", "10.88.0.1/24"
POD_NET, SERVICE_NET, SERVICE_API, SERVICE_DNS = "10.244.0.0/24", "10.96.0.0/16", "10.96.0.1", "10.96.0.10"
API = f"https://{NODE_IP}:6443"
CGROUP = os.environ.get("K8S_CGROUP", "/k8stest")
#: Host folders that every container sees read-only: the "image" is the machine's own /usr plus whatever virtual environments and
#: checkouts K8S_SHARE names (colon-separated).
SHARE = ["/usr", *filter(None, os.environ.get("K8S_SHARE", "").split(":"))]
ENV = {
    **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
    "PATH": f"{BIN}:{BIN}/cni:/usr/sbin:/usr/bin:/sbin:/bin",
    "LD_LIBRARY_PATH": str(PREFIX / "lib"),
    "XTABLES_LIBDIR": str(PREFIX / "lib/xtables"),
}


def run(*command: object, **kwargs: Any) -> Any:
    """Run a program to its end, which has to be a good one."""
    return subprocess.run([str(word) for word in command], check=True, env=ENV, **kwargs)


def write(path: Path, text: str) -> Path:
    """Write a file, and make the folders to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
