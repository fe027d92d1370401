"""Builds and starts Kubernetes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..ports import free_port

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
#: Seconds to build it, which takes 6 to 15 minutes of this machine the first time, and to start it.
BUILD_DEADLINE, START_DEADLINE = 25 * 60, 180
#: Prints all that clusters can leave.
LEFT = """
dask = [f"dask{kind}s.kubernetes.dask.org" for kind in ("cluster", "workergroup", "autoscaler")]
for kind in (*dask, "pods", "deployments"):
    print(*(f"{kind}/{found.name}" for found in kr8s.get(kind, namespace="default")), sep="\\n")
for service in kr8s.get("services", namespace="default"):
    if service.name != "kubernetes":
        print(f"service/{service.name}")
"""


class KubernetesError(Exception):
    """Kubernetes cannot be built or started."""


class KubernetesBed:
    """One node with the Dask operator. Its network cannot be left, nor entered but through the API server."""

    def __init__(self, folder: Path, *, running: str | None = None) -> None:
        """Start it below a folder, or use the one that `running` is the folder of."""
        self.folder = Path(running) if running else folder / "kubernetes"
        self._starts = not running
        #: How it is reached from this machine, and from within the cluster's network.
        self.kubeconfig = self.folder / ("kubeconfig" if running else "kubeconfig-outside")
        if running:
            return
        if os.getuid() != 0 or not shutil.which("unshare") or not shutil.which("apt-get"):
            raise KubernetesError("Kubernetes is built and started by root on Debian alone.")
        port = free_port()
        self._environ = {
            **os.environ,
            "K8S_RUN": str(self.folder),
            "K8S_VENV": sys.prefix,
            "K8S_HOST_PORT": str(port),
            "K8S_CGROUP": f"/casa-labext-{port}",
        }
        self._script("build", BUILD_DEADLINE)
        self._script("up", START_DEADLINE)
        self.operator()

    def operator(self, *arguments: str) -> None:
        """Install the Dask operator, or its `crds`."""
        self._call([sys.executable, "-m", "systems.kubernetes.dask_operator", *arguments], START_DEADLINE)

    @contextmanager
    def without_controller(self) -> Iterator[None]:
        """The operator does not run meanwhile."""
        scale = "from kr8s.objects import Deployment\nDeployment.get('dask-operator', namespace='dask-operator').scale({})"
        self.kr8s(scale.format(0))
        try:
            yield
        finally:
            self.kr8s(scale.format(1))

    def kr8s(self, code: str) -> str:
        """What somebody does with kr8s."""
        environ = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "TMPDIR": str(self.folder)}
        command = [sys.executable, "-W", "ignore", "-c", f"import kr8s\n{code}"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def left(self) -> list[str]:
        """All that clusters can leave."""
        return self.kr8s(LEFT).split()

    def _script(self, name: str, deadline: float) -> None:
        self._call([str(HERE / name)], deadline)

    def _call(self, command: list[str], deadline: float) -> None:
        environ = {**self._environ, "KUBECONFIG": str(self.kubeconfig), "TMPDIR": str(self.folder)}  # kr8s leaves keys there
        log = self.folder.with_suffix(".log")
        with log.open("a") as output:
            try:
                done = subprocess.run(
                    command, cwd=TESTS, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=deadline, check=False
                )
            except subprocess.TimeoutExpired:
                raise KubernetesError(f"{command[-1]} was not done within {deadline} s.") from None
        if done.returncode:
            raise KubernetesError(log.read_text()[-3000:])

    def relay(self, signal_number: int) -> None:
        """Stop (SIGSTOP) or let go on (SIGCONT) what leads to the API server: it answers nobody meanwhile."""
        os.kill(int((self.folder / "relay").read_text()), signal_number)

    def user(self, token: str, path: Path) -> Path:
        """A kubeconfig for somebody with a token."""
        config: dict[str, Any] = json.loads(self.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        path.write_text(json.dumps(config))
        return path

    def inside(self, *command: str) -> list[str]:
        """A command that runs in the cluster's network, where services have names."""
        return ["env", f"K8S_RUN={self.folder}", str(HERE / "inside"), *command]

    def close(self) -> None:
        """Stop it."""
        if not self._starts:
            return
        if (self.folder / "relay").exists():
            self.relay(signal.SIGCONT)
        subprocess.run([str(HERE / "down")], env=self._environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
