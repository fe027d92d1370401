"""Another user of the same machine, who has no file of ours, really tries."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import API, JSON

from casa_labext import directories
from casa_labext.host.record import Record

pytestmark = pytest.mark.system

NOBODY = 65534

#: Everything is imported before: nobody may read the environment of whoever runs the tests.
PROGRAM = f"""
import os, socket, sys
from urllib.request import urlopen
import distributed
from distributed import Client, Security
with distributed.LocalCluster(n_workers=0, dashboard_address=None, processes=False) as once, Client(once) as client:
    client.run_on_scheduler(os.getpid)
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
"""
SCHEDULER = """
with Client(sys.argv[1], security=Security(require_encryption=False, tls_ca_file=None), timeout=5) as client:
    print(client.run_on_scheduler(os.getuid))
"""
SOCKET = """
socket.socket(socket.AF_UNIX).connect(sys.argv[1])
print("connected")
"""
FILE = """
print(open(sys.argv[1]).read())
"""
PAGE = """
print(urlopen(sys.argv[1], timeout=10).status)
"""


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where everybody comes: only our own folders and files are between."""
    if os.getuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("Only root can become somebody else.")
        pytest.skip("Only root can become somebody else.")
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="casa-everybodys-") as everybodys:
        for name in ("run", "runtime"):
            folder = Path(everybodys, name)
            folder.mkdir()
            folder.chmod(0o1777)
        Path(everybodys).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", f"{everybodys}/run")
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", f"{everybodys}/runtime")
        yield


async def nobody(code: str, argument: str) -> tuple[str, str]:
    """What somebody else gets, and what went wrong."""

    def run() -> Any:
        return subprocess.run([sys.executable, "-c", PROGRAM + code, argument], capture_output=True, text=True, timeout=100, check=False)

    done = await asyncio.to_thread(run)
    return done.stdout.strip(), done.stderr


async def cluster(api: API, **options: bool) -> tuple[JSON, Record]:
    made = await api.create(size={"workers": 0}, options=options)
    made = await api.running(made["id"])
    return made, Record.load(directories.clusters() / made["id"])


async def test_another_user_does_not_get_in(api: API) -> None:
    made, record = await cluster(api)
    address = made["connection"]["address"]
    for tried in (address, address.replace("tls://", "tcp://")):
        output, error = await nobody(SCHEDULER, tried)
        assert (output, "Error" in error) == ("", True), (tried, error)
    output, error = await nobody(SOCKET, record.socket)
    assert (output, "Permission denied" in error) == ("", True)
    assert record.tls
    for path in (record.tls.key, str(directories.clusters() / made["id"] / "cluster.json")):
        output, error = await nobody(FILE, path)
        assert (output, "Permission denied" in error) == ("", True)
    # Dask's dashboards know no login: docs/security.md says so.
    port = made["dashboard"].split("/")[-2]
    assert (await nobody(PAGE, f"http://127.0.0.1:{port}/status"))[0] == "200"


async def test_without_encryption_another_user_gets_in(api: API) -> None:
    """As the card and docs/security.md say; and what shows that the other test tries rightly."""
    made, _ = await cluster(api, encryption=False)
    assert not made["encrypted"]
    output, error = await nobody(SCHEDULER, made["connection"]["address"])
    assert output == "0", error
