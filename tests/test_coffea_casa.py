"""The kind `coffea-casa`: what it submits, and what it refuses."""

import os
import socket
from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import API, JSON
from test_encryption import Secrets

from casa_labext import profiles
from casa_labext.environments import PROBE, run
from casa_labext.host import ports
from casa_labext.host.errors import ClusterError
from casa_labext.host.processes import MARK

IMAGE = "hub.opensciencegrid.org/coffea-casa/cc-analysis-ubuntu:development"


@pytest.fixture
def secrets(tmp_path: Path, dask_config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """The facility's certificates, in its configuration, and the rest of a notebook's environment."""
    found = Secrets(tmp_path / "secrets")
    dask_config(yaml.safe_dump({"distributed": {"comm": found.comm()}, "casa-labext": {"profiles": {"cc": {"kind": "coffea-casa"}}}}))
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    for name, value in {"HOME": str(home), "HOST_IP": "10.1.2.3", "HOSTNAME": "jupyter-ada"}.items():
        monkeypatch.setenv(name, value)
    for name in ("POD_IP", "BEARER_TOKEN_FILE", "X509_USER_PROXY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return found


async def description(api: API, **options: Any) -> dict[str, str]:
    """The lines of what would be submitted."""
    status, answer = await api.call("POST", "preview", {"profile": "cc", "options": options})
    assert status == 200, answer
    lines = [line.partition(" = ") for line in answer["text"].splitlines() if " = " in line]
    return {name.strip(): value.strip() for name, _, value in lines}


async def test_coffea_casa_cluster_describes_its_jobs_for_the_docker_universe(secrets: Secrets, api: API) -> None:
    found = await description(api)
    files = f"{secrets.ca}, {secrets.cert}"
    arguments = found.pop("Arguments")
    assert found.pop("LogDirectory").endswith("/jobs-logs")
    assert found == {
        # dask-jobqueue's
        "MY.DaskWorkerName": '"htcondor--$F(MY.JobId)--"',
        "RequestCpus": "MY.DaskWorkerCores",
        "RequestMemory": "floor(MY.DaskWorkerMemory / 1048576)",
        "RequestDisk": "floor(MY.DaskWorkerDisk / 1024)",
        "MY.JobId": '"$(ClusterId).$(ProcId)"',
        "MY.DaskWorkerCores": "1",
        "MY.DaskWorkerMemory": "4294967296",
        "MY.DaskWorkerDisk": "2147483648",
        "Output": "$(LogDirectory)/worker-$F(MY.JobId).out",
        "Error": "$(LogDirectory)/worker-$F(MY.JobId).err",
        "Stream_Output": "False",
        "Stream_Error": "False",
        "Executable": "/bin/sh",
        # the facility's
        "universe": "docker",
        "docker_image": IMAGE,
        "container_service_names": "dask,nanny",
        "dask_container_port": "8786",
        "nanny_container_port": "8001",
        "use_x509userproxy": "False",
        "transfer_input_files": files,
        "transfer_output_files": "",
        "when_to_transfer_output": "ON_EXIT_OR_EVICT",
        "should_transfer_files": "YES",
        "+CoffeaCasaWorkerType": '"dask"',
        "+DaskSchedulerAddress": '"tls://10.1.2.3:8786"',
        "+AccountingGroup": '"cms.other.coffea.$ENV(HOSTNAME)"',
        "+CoffeaCasaClusterId": '"<cluster>"',
        # ours: secrets are encrypted on their way, the shell stays where it is, and the jobs have a name to be found by
        "encrypt_input_files": files,
        "transfer_executable": "False",
        "batch_name": "dask-<cluster>",
    }
    for word in (
        "-m distributed.cli.dask_worker",
        "--nthreads 1",
        "--memory-limit 4.00GiB",
        "--nanny",
        "--protocol tls://",
        "hostcert.pem",
    ):
        assert word in arguments


async def test_coffea_casa_cluster_with_another_universe_image_ports_and_files(secrets: Secrets, api: API, tmp_path: Path) -> None:
    (tmp_path / "analysis.py").touch()
    found = await description(
        api, **{"worker-image": "some/image:1", "nanny-port": 8002, "scheduler-port": 8787, "ship-paths": [str(tmp_path / "analysis.py")]}
    )
    assert (found["docker_image"], found["nanny_container_port"]) == ("some/image:1", "8002")
    assert found["+DaskSchedulerAddress"] == '"tls://10.1.2.3:8787"'
    assert found["+CoffeaCasaShippedPaths"] == '"analysis.py"'
    assert found["transfer_input_files"].endswith("analysis.py")
    found = await description(api, **{"job-extra-directives": {"universe": "vanilla"}})
    assert found["universe"] == "vanilla"
    assert found.keys().isdisjoint({"docker_image", "container_service_names", "dask_container_port", "nanny_container_port"})


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({"POD_IP": "10.9.9.9", "HOST_IP": "10.1.1.1"}, "10.9.9.9"),
        ({}, "10.1.2.3"),
        ({"HOST_IP": ""}, socket.getfqdn()),
    ],
)
async def test_coffea_casa_cluster_advertises_pod_ip_host_ip_or_its_name(
    environ: dict[str, str], host: str, secrets: Secrets, api: API, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert (await description(api))["+DaskSchedulerAddress"] == f'"tls://{host}:8786"'


async def test_coffea_casa_cluster_has_its_own_certificates_without_the_facilitys(
    secrets: Secrets, dask_config: Callable[[str], Path], api: API
) -> None:
    dask_config("casa-labext: {profiles: {cc: {kind: coffea-casa}}}")
    await api.get("profiles")
    found = await description(api)
    assert found["+DaskSchedulerAddress"].startswith('"tls://')
    assert found["encrypt_input_files"].count(".pem") == 3


async def test_coffea_casa_cluster_with_a_missing_certificate_is_refused(secrets: Secrets, api: API) -> None:
    secrets.cert.unlink()
    status, answer = await api.call("POST", "preview", {"profile": "cc"})
    assert status == 400
    assert answer["message"] == f"distributed.comm.tls.scheduler.cert: {secrets.cert} cannot be read: No such file or directory."


async def test_coffea_casa_cluster_changes_no_other_cluster(secrets: Secrets, api: API) -> None:
    await description(api)
    before = dict(os.environ)
    await description(api, cores=2)
    assert dict(os.environ) == before
    cluster = await api.create("local", size={"workers": 0})
    cluster = await api.running(cluster["id"])
    assert cluster["dashboard"].startswith("/a%40b/proxy/")
    assert ":8785" not in cluster["dashboard"]


async def test_coffea_casa_cluster_has_the_defaults_of_package_and_site(dask_config: Callable[[str], Path]) -> None:
    import sys

    async def options(text: str) -> JSON:
        dask_config(text)
        configuration = profiles.configuration(await run(sys.executable, PROBE))
        assert configuration.problems == []
        schema = configuration.profiles["cc"].schema["properties"]
        return {name: option["default"] for name, option in schema.items()}

    mine = "casa-labext: {profiles: {cc: {kind: coffea-casa}}}\n"
    packaged = await options(mine)
    (file,) = (path for path in files("coffea-casa") or [] if path.name == "jobqueue-coffea-casa.yaml")
    theirs = yaml.safe_load(file.read_text())["jobqueue"]["coffea-casa"]
    assert [packaged[name] for name in ("worker-image", "memory", "disk")] == [theirs[name] for name in ("worker-image", "memory", "disk")]
    assert "encrypt_input_files" not in packaged["job-extra-directives"]
    sites = await options(mine + "jobqueue: {coffea-casa: {worker-image: mine:2, cores: 4}}")
    assert (sites["worker-image"], sites["cores"], sites["memory"]) == ("mine:2", 4, theirs["memory"])


def test_coffea_casa_cluster_names_whose_port_it_is(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ClusterError) as error:
            ports.check(port, tmp_path)
        assert f"Port {port} is in use by process {os.getpid()} (" in error.value.message
    ports.check(port, tmp_path)
    ports.check(0, tmp_path)
    assert MARK not in os.environ
