"""The daemons' configuration: the files in etc/, with this cluster's folders and addresses; and what each container is given."""

from __future__ import annotations

import json
import subprocess
from string import Template

from .layout import BIN, CGROUP, ETC, HERE, PKI, POD_NET, RUN, SERVICE_DNS, SHARE, run, write


def make() -> None:
    """Write them."""
    values = {"bin": BIN, "cgroup": CGROUP, "dns": SERVICE_DNS, "etc": ETC, "pki": PKI, "pod_net": POD_NET, "run": RUN}
    for file in (HERE / "etc").rglob("*.*"):
        write(ETC / file.relative_to(HERE / "etc"), Template(file.read_text()).substitute(values))
    # Every container gets the shared host folders, read-only, through the runtime's base specification: images need no files of their own.
    base = json.loads(run(BIN / "ctr", "oci", "spec", stdout=subprocess.PIPE).stdout)
    base["process"].pop("rlimits", None)
    for folder in SHARE:
        base["mounts"].append({"destination": folder, "source": folder, "type": "bind", "options": ["rbind", "ro", "nosuid"]})
    write(ETC / "base-spec.json", json.dumps(base, indent=1))
