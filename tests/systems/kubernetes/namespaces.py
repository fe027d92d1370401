"""The namespaces that the test cluster lives in, as its daemons want to find them."""

from __future__ import annotations

from pathlib import Path

from .layout import CGROUP, NODE_NET, RUN, SERVICE_NET, run, write


def mounts() -> None:
    """Folders and kernel settings of its own."""
    for target in ("/run", "/var/log"):  # the kubelet's and containerd's fixed places
        source = RUN / "ns" / target.strip("/").replace("/", "_")
        source.mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", source, target)
    # The kubelet would set these kernel-wide values; show it files that already hold
    # them instead, so that the machine's own values stay as they are.
    for name, value in {
        "vm/overcommit_memory": 1,
        "vm/panic_on_oom": 0,
        "kernel/panic": 10,
        "kernel/panic_on_oops": 1,
        "kernel/keys/root_maxkeys": 1000000,
        "kernel/keys/root_maxbytes": 25000000,
    }.items():
        if Path("/proc/sys", name).read_text().strip() != str(value):
            fake = write(RUN / "ns/sys" / name, f"{value}\n")
            run("mount", "--bind", fake, f"/proc/sys/{name}")


def cgroups() -> None:
    """The kubelet wants its root cgroup made for it, in every (version 1) hierarchy."""
    top = Path("/sys/fs/cgroup")
    if (top / "cgroup.controllers").exists():  # version 2 (not tried with this kubelet)
        (top / CGROUP.strip("/")).mkdir(exist_ok=True)
        return
    for hierarchy in top.iterdir():
        if hierarchy.is_dir() and (hierarchy / "cgroup.clone_children").exists():
            group = hierarchy / CGROUP.strip("/")
            group.mkdir(exist_ok=True)
            for value in ("cpuset.cpus", "cpuset.mems"):
                if (hierarchy / value).exists():
                    (group / value).write_text((hierarchy / value).read_text())


def network() -> None:
    """A network that nobody is in but itself."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "node0", "type", "bridge")
    run("ip", "addr", "add", NODE_NET, "dev", "node0")
    run("ip", "link", "set", "node0", "up")
    # Service addresses need a route before kube-proxy can rewrite them; nothing else has one.
    run("ip", "route", "add", SERVICE_NET, "dev", "node0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
