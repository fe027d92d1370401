"""The facility's files as they are, against the real pool."""

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import API, JSON
from systems.batch.beds import Bed
from systems.batch.commands import BatchCommands
from test_encryption import Secrets
from test_examples import finds_the_z

from casa_labext.kinds import coffea_casa

pytestmark = pytest.mark.system

#: What coffea-casa's images have in /opt/dask, but for the paths of the certificates.
DASK = """
distributed:
  scheduler: {work-stealing: false}
  worker: {memory: {target: 0.70, spill: 0.80, pause: 0.85, terminate: 0.98}}
  adaptive: {interval: 2s, wait-count: 3, target-duration: 5s, minimum: 1, maximum: 50}
dashboard: {link: "/user/{JUPYTERHUB_USER}/proxy/{port}/status"}
admin: {tick: {interval: 20ms, limit: 3s}}
"""
TLS = """
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: SECRETS/ca.pem
      scheduler: {cert: SECRETS/hostcert.pem, key: SECRETS/hostcert.pem}
      worker: {cert: SECRETS/hostcert.pem, key: SECRETS/hostcert.pem}
      client: {cert: SECRETS/hostcert.pem, key: SECRETS/hostcert.pem}
"""
LABEXTENSION = """
labextension:
  factory: {module: coffea_casa, class: CoffeaCasaCluster, args: [], kwargs: {}}
  default:
    - name: "Coffea Casa Adaptive Cluster"
      adapt: {minimum: 1, maximum: 50, interval: "2s", wait_count: 3}
  initial:
    - name: "Coffea Casa Adaptive Cluster"
      adapt: {minimum: 1, maximum: 50, interval: "2s", wait_count: 3}
"""
#: The only additions: docker cannot run here, the machine is small, and the pool has no remote schedd.
JOBQUEUE = """
jobqueue:
  coffea-casa:
    memory: 500MiB
    disk: 100MiB
    submit-command-extra: []
    job-extra-directives:
      universe: vanilla
      "+AccountingGroup": '"cms.other.coffea.$ENV(HOSTNAME)"'
      encrypt_input_files: ""
      should_transfer_files: "YES"
      when_to_transfer_output: "ON_EXIT_OR_EVICT"
      transfer_output_files: ""
"""


@pytest.fixture
def facility(
    htcondor: Bed, batch_commands: BatchCommands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dask_config: Callable[[str], Path]
) -> dict[str, str]:
    """The files in place; the environment of a notebook."""
    for port in (8786, 8785):
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("0.0.0.0", port))
    Secrets(tmp_path / "secrets")
    folder = dask_config("").parent
    for name, text in (("dask", DASK), ("dask_tls", TLS), ("labextension", LABEXTENSION), ("jobqueue-coffea-casa", JOBQUEUE)):
        (folder / f"{name}.yaml").write_text(text.replace("SECRETS", str(tmp_path / "secrets")))
    monkeypatch.setenv("HOSTNAME", "jupyter-user")
    monkeypatch.setenv("HOST_IP", "127.0.0.1")
    return {"DASK_CONFIG": str(folder), "PATH": str(Path(sys.executable).parent)}


async def in_notebook(environ: dict[str, str], code: str) -> str:
    """Run a cell in a kernel's Python."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ)
    output, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()
    return output.decode().strip()


async def started(api: API) -> JSON:
    """The cluster that appears by itself, with its worker."""
    end = time.monotonic() + 20
    while not (found := await api.get("clusters")):
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    return await api.running(found[0]["id"], workers=1)


CELL = """
from dask.distributed import Client

client = Client("tls://localhost:8786")
"""


async def test_client_tls_localhost_8786_of_the_facilitys_coffea_casa_cluster(facility: dict[str, str], api: API, htcondor: Bed) -> None:
    cluster = await started(api)
    assert (cluster["name"], cluster["kind"]) == ("Coffea Casa Adaptive Cluster", "coffea-casa")
    assert cluster["size"] == {"minimum": 1, "maximum": 50, "interval": 2.0, "wait_count": 3}
    assert cluster["encrypted"]
    assert re.fullmatch(r"tls://[\d.]+:8786", cluster["connection"]["address"])
    assert cluster["connection"]["tls"] is None
    assert cluster["dashboard"] == "/a%40b/proxy/8785/status"
    # Work makes workers appear, and idleness makes them go.
    busy = asyncio.create_task(
        in_notebook(facility, CELL + "import time\nprint(sum(client.gather(client.map(lambda x: time.sleep(1) or x, range(40)))))")
    )
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] >= 2, deadline=60)
    assert await busy == "780"
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] == 1, deadline=60)
    end = time.monotonic() + 20
    while len(htcondor.queue()) != 1:
        assert time.monotonic() < end
        await asyncio.sleep(0.2)
    # Nobody gets in without the facility's certificate.
    refused = (
        'from dask.distributed import Client\ntry:\n    Client("tcp://localhost:8786", timeout=3)\nexcept OSError:\n    print("refused")'
    )
    assert await in_notebook({"PATH": facility["PATH"]}, refused) == "refused"
    # What is wrong in the files is told.
    problems = {problem["where"] for problem in (await api.get("profiles"))["problems"]}
    assert problems == {"labextension.default"}
    # A second one cannot have the ports, and says whose they are.
    second = await api.create("labextension", size={"workers": 0})
    second = await api.wait(second["id"], lambda cluster: cluster["state"] == "failed")
    assert second["reason"] == "Port 8786 is in use by the cluster 'Coffea Casa Adaptive Cluster'."
    # Preview and submission are the same but for what is not known before.
    status, preview = await api.call("POST", "preview", {"profile": "labextension"})
    assert status == 200
    submitted = await api.get(f"clusters/{cluster['id']}/submitted")
    assert without_unknown(submitted["text"]) == without_unknown(preview["text"])
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
    assert htcondor.queue() == []


def without_unknown(text: str) -> list[str]:
    """A description without the words that differ from cluster to cluster, and from job to job."""
    text = re.sub(r"(?<=dask-)[0-9a-f]{10}|<cluster>", "#", text)
    text = re.sub(r"-(\d+|<number>)(?= --nthreads)", "-#", text)
    text = re.sub(r"\"[0-9a-f]{32}\"|\"#\"", "#", text)
    text = re.sub(r"(?<=LogDirectory = ).*", "#", text)
    return re.sub(r"tls://(<scheduler>|[\d.]+:8786)", "tls://#", text).splitlines()


def test_the_aliases_of_workers() -> None:
    assert coffea_casa.kind.worker_alias
    assert coffea_casa.kind.worker_alias.format("12.0") == "htcondor--12.0--"


async def test_an_analysis_on_the_default_cluster(facility: dict[str, str], api: API, htcondor: Bed, tmp_path: Path) -> None:
    """The example as it is, in a kernel with the facility's configuration."""
    cluster = await started(api)
    await finds_the_z(tmp_path)
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
