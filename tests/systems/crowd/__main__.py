"""`python -m systems.crowd CLUSTERS`: a JupyterLab with so many clusters until standard input ends. Prints its address."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil

from casa_labext import launcher
from casa_labext.forkserver import ForkServer
from casa_labext.host.record import Record

HERE = Path(__file__).parent
UI_TESTS = HERE.parents[2] / "ui-tests"


class NoForkServer(ForkServer):
    """Each host is a process of its own: they run another program."""

    def __init__(self) -> None:
        pass

    def fork(self, record: Record, directory: Path, listening: socket.socket) -> None:
        pass


def cluster(name: str, place: int, workers: int = 2000, interval: float | None = None) -> tuple[Path, Record, subprocess.Popen[bytes]]:
    """A host, as launcher.launch has it for the server; with workers it has other figures every `interval` seconds."""
    record = Record(
        id=uuid.uuid4().hex,
        name=name,
        kind="htcondor",
        reference="casa_labext.kinds.htcondor:kind",
        profile="htcondor",
        options={},
        settings={"interval": interval},
        size={"workers": workers},
        maximum_workers=2000,
        environment="server",
        python=sys.executable,
        created=time.time() + place / 1000,
        keep=True,
        encryption="off",
        hostname=socket.gethostname(),
        cwd="/",
    )
    launcher.HOST = HERE / "host.py"
    directory, record, host = launcher.launch(record, NoForkServer())
    assert host
    return directory, record, host


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        places = {f"JUPYTER_{kind.upper()}_DIR": f"{folder}/{kind}" for kind in ("config", "data", "runtime")}
        os.environ.update({**places, "HOME": folder, "TMPDIR": folder, "JLAB_TEST_PORT": str(port), "JUPYTERLAB_GALATA_ROOT_DIR": folder})
        tempfile.tempdir = folder
        clusters = [cluster("Busy", 0, interval=0.5), *(cluster(f"Cluster {number}", number) for number in range(1, count))]
        hosts = [process for _, _, process in clusters]
        free.close()
        server = subprocess.Popen(["jupyter", "lab", "--config", "jupyter_server_test_config.py"], cwd=UI_TESTS)
        try:
            print(f"http://127.0.0.1:{port}", flush=True)
            sys.stdin.read()
        finally:
            for process in (server, *hosts):
                process.terminate()
            psutil.wait_procs([psutil.Process(process.pid) for process in (server, *hosts)], 20)


if __name__ == "__main__":
    main(int(sys.argv[1]))
