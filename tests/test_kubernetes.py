"""Clusters on a real Kubernetes with the real Dask operator."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import API, DEADLINE, JSON, compute
from systems.batch.fixtures import unavailable
from systems.kubernetes.bed import KubernetesBed, KubernetesError
from test_server import Server, python, server

from casa_labext import directories, launcher
from casa_labext.host.errors import ClusterError, Unknown
from casa_labext.host.record import Record
from casa_labext.kube import api as kube

# The first test waits until Kubernetes is built.
__all__ = ["server"]  # a fixture

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

#: As the test bed's image and machine have it.
OPTIONS = {"image": "localhost/python:test", "cpu": "100m", "memory": "600Mi"}


#: In the environment of tests that run inside: where Kubernetes was started.
RUNS = "CASA_LABEXT_KUBERNETES"


@pytest.fixture(scope="module")
def kubernetes_bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesBed]:
    try:
        bed = KubernetesBed(tmp_path_factory.mktemp("bed"), running=os.environ.get(RUNS))
    except KubernetesError as error:
        unavailable(str(error))
    yield bed
    bed.close()


@pytest.fixture
def kubernetes(
    kubernetes_bed: KubernetesBed, dask_config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[KubernetesBed]:
    """Kubernetes, seen from outside; nothing may be left on it."""
    dask_config("""
casa-labext:
  profiles:
    kubernetes:
      kind: kubernetes
      options: {image: "localhost/python:test", cpu: 100m, memory: 600Mi}
""")
    monkeypatch.setenv("KUBECONFIG", str(kubernetes_bed.kubeconfig))
    yield kubernetes_bed
    assert kubernetes_bed.left() == []


async def profile(api: API) -> JSON:
    found: JSON = next(profile for profile in (await api.get("profiles"))["profiles"] if profile["name"] == "kubernetes")
    return found


async def closed(api: API, cluster: JSON) -> None:
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


def assert_created(bed: KubernetesBed, expected: JSON) -> None:
    """The only cluster is as it was announced, but for its name and what is not known before."""
    code = "import json\nprint(json.dumps([found.raw for found in kr8s.get('daskclusters.kubernetes.dask.org', namespace='default')]))"
    (created,) = json.loads(bed.kr8s(code))
    name = expected["metadata"]["name"]
    spec = json.loads(json.dumps(expected["spec"]).replace(name, created["metadata"]["name"]))
    assert created["spec"]["scheduler"] == spec["scheduler"]
    assert created["spec"]["worker"] == {**spec["worker"], "replicas": 0}


async def test_a_cluster(kubernetes: KubernetesBed, api: API, jp_fetch: Any) -> None:
    assert (await profile(api))["unavailable"] is None
    request = {"profile": "kubernetes", "size": {"workers": 2}, "options": {"environment": {"FLAVOUR": "up"}}}
    status, preview = await api.call("POST", "preview", request)
    assert status == 200
    expected = yaml.safe_load(preview["text"])
    status, cluster = await api.call("POST", "clusters", request)
    assert status == 202
    cluster = await api.running(cluster["id"], workers=2)
    assert not cluster["encrypted"]
    assert cluster["connection"]["address"].startswith("tcp://dask-" if RUNS in os.environ else "tcp://127.0.0.1:")
    assert_created(kubernetes, expected)
    assert await compute(cluster, "import os\nprint(client.submit(os.getenv, 'FLAVOUR').result())") == "up"
    response = await jp_fetch(*cluster["dashboard"].strip("/").split("/")[1:])
    assert b"bokeh" in response.body.lower()

    end = time.monotonic() + DEADLINE
    jobs: list[JSON] = []
    while [(job["state"], job["host"], job["workers"]) for job in jobs] != [("running", "testnode", 1)] * 2:
        assert time.monotonic() < end, jobs
        await asyncio.sleep(0.1)
        jobs = await api.get(f"clusters/{cluster['id']}/jobs")
    printed = await api.get(f"clusters/{cluster['id']}/jobs/{jobs[0]['id']}/logs")
    assert "Starting worker" in printed[-1]["text"] or "distributed" in printed[-1]["text"]
    # With the user's credentials everything could be read that they can read.
    for pod in ("../configmaps/kube-root-ca.crt?x=", "../../../../version#"):
        with pytest.raises(Unknown):
            await launcher.logs(Record.load(directories.clusters() / cluster["id"]), pod)
    status, _ = await api.call("GET", f"clusters/{cluster['id']}/jobs/no-such-pod/logs")
    assert status == 404
    for workers in (3, 1):
        status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": workers})
        assert status == 200
        await api.running(cluster["id"], workers=workers)
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/adapt", {"minimum": 0, "maximum": 3})
    assert status == 200
    work = "import time\nclient.gather(client.map(time.sleep, [2] * 30, pure=False))\nprint('done')"
    working = asyncio.create_task(compute(cluster, work))
    await api.wait(cluster["id"], lambda cluster: bool(cluster["workers"]["running"] >= 2))
    assert await working == "done"
    await closed(api, cluster)


async def says(api: API, cluster: JSON, *words: str) -> JSON:
    """Wait until a card says something."""

    def told(cluster: JSON) -> bool:
        text = json.dumps([cluster["activity"], cluster["reason"], cluster["reasons"]])
        return all(word in text for word in words)

    return await api.wait(cluster["id"], told)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"image": "localhost/nothing:here"}, ["ErrImagePull"]), ({"cpu": "64"}, ["Insufficient cpu"])],
    ids=["image", "request"],
)
async def test_a_scheduler_that_cannot_start(options: JSON, words: list[str], kubernetes: KubernetesBed, api: API) -> None:
    cluster = await api.create("kubernetes", options=options)
    await says(api, cluster, *words)
    await closed(api, cluster)


#: Writes to more memory than the worker may have.
EAT = """
import distributed
future = client.submit(lambda: len(bytearray(b'x' * 2**31)), retries=0)
try:
    distributed.wait(future, 10)
except Exception as error:
    print(error)
"""


async def test_a_worker_that_uses_more_memory_than_its_limit(kubernetes: KubernetesBed, api: API) -> None:
    cluster = await api.create("kubernetes", size={"workers": 1}, options={"worker-command": "dask worker --no-nanny --memory-limit 0"})
    cluster = await api.running(cluster["id"], workers=1)
    eating = asyncio.create_task(compute(cluster, EAT))
    await says(api, cluster, "OOMKilled")
    await eating
    await closed(api, cluster)


async def test_the_cluster_of_a_killed_host_is_deleted(kubernetes: KubernetesBed, api: API) -> None:
    cluster = await api.create("kubernetes", size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    os.kill(Record.load(directories.clusters() / cluster["id"]).pid, signal.SIGKILL)
    await api.gone(cluster["id"])


async def test_an_api_server_that_stops_answering(kubernetes: KubernetesBed, api: API) -> None:
    cluster = await api.create("kubernetes", size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    kubernetes.relay(signal.SIGSTOP)
    try:
        await says(api, cluster, "does not answer")
    finally:
        kubernetes.relay(signal.SIGCONT)
    await closed(api, cluster)


async def listed(api: API, name: str) -> None:
    """Wait until a cluster can be chosen: what is asked of Kubernetes is good for ten seconds."""
    end = time.monotonic() + 20
    while name not in [choice["const"] for choice in (await profile(api))["schema"]["properties"]["connect-to"]["oneOf"]]:
        assert time.monotonic() < end
        await asyncio.sleep(0.5)


async def test_somebody_elses_cluster_is_left_alone(kubernetes: KubernetesBed, api: API) -> None:
    status, preview = await api.call("POST", "preview", {"profile": "kubernetes"})
    assert status == 200
    resource = yaml.safe_load(preview["text"])
    resource["metadata"] = {"name": "theirs"}
    resource["spec"]["scheduler"]["service"]["selector"]["dask.org/cluster-name"] = "theirs"
    resource["spec"]["worker"]["replicas"] = 1
    kubernetes.kr8s(f"from kr8s.objects import object_from_spec\nobject_from_spec({resource!r}, allow_unknown_type=True).create()")
    try:
        await listed(api, "theirs")
        cluster = await api.create("kubernetes", options={"connect-to": "theirs"}, size={"workers": 3})
        cluster = await api.wait(cluster["id"], lambda cluster: bool(cluster["workers"]["running"] == 1))
        status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 2})
        assert status == 409
        assert (cluster["attached"], cluster["scales"], cluster["trusted"]) == (True, False, False)
        await closed(api, cluster)
        assert "daskclusters.kubernetes.dask.org/theirs" in kubernetes.left()
    finally:
        kubernetes.kr8s(
            "next(kr8s.get('daskclusters.kubernetes.dask.org', 'theirs', namespace='default')).delete(propagation_policy='Foreground')",
        )
        for _ in range(DEADLINE):
            if not kubernetes.left():
                break
            await asyncio.sleep(0.5)


async def test_no_credentials(kubernetes: KubernetesBed, api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert "no credentials" in (await profile(api))["unavailable"]


def account_token(kubernetes: KubernetesBed) -> str:
    """The token of an account that may do nothing."""
    code = (
        "import base64\n"
        "for secret in kr8s.get('secrets', namespace='default'):\n"
        "    print(base64.b64decode(secret.raw['data']['token']).decode())"
    )
    return kubernetes.kr8s(code).split()[0]


async def test_nobody_answers(kubernetes: KubernetesBed, api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    kubernetes.relay(signal.SIGSTOP)
    try:
        assert "does not answer" in (await profile(api))["unavailable"]
    finally:
        kubernetes.relay(signal.SIGCONT)


async def test_credentials_that_expire_are_renewed(kubernetes: KubernetesBed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As of a cloud's command, which gives out tokens for some minutes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    config = json.loads(kubernetes.user("", tmp_path / "kubeconfig").read_text())
    told = {"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "status": {"token": "@"}}
    (tmp_path / "token").write_text(account_token(kubernetes))
    script = f"sed \"s/@/$(cat {tmp_path}/token)/\" <<'END'\n{json.dumps(told)}\nEND\n"
    command = {"apiVersion": told["apiVersion"], "command": "sh", "args": ["-c", script], "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": command}
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    connected = await kube.API.connect("default")
    connected.client.auth.token = "expired"
    await connected.client._create_session()
    with pytest.raises(ClusterError, match="forbidden"):  # it is let in again, as somebody who may not see pods
        await connected.call("GET", kube.CORE, "pods")
    (tmp_path / "token").write_text("expired")
    connected.client.auth.token = "expired"
    await connected.client._create_session()
    for refused in (connected.call("GET", kube.CORE, "pods"), kube.API.connect("other")):
        with pytest.raises(ClusterError, match="Kubernetes refuses it: Unauthorized") as error:
            await refused
        assert "have expired" in (error.value.hint or "")


async def test_not_allowed(kubernetes: KubernetesBed, api: API, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubernetes.user(account_token(kubernetes), tmp_path / "kubeconfig")))
    unavailable = (await profile(api))["unavailable"]
    assert "forbidden" in unavailable
    assert "not allowed" in unavailable


async def test_no_controller(kubernetes: KubernetesBed, api: API) -> None:
    with kubernetes.without_controller():
        cluster = await api.create("kubernetes")
        await says(api, cluster, "has done nothing", "controller")
    await closed(api, cluster)


async def test_no_definitions(kubernetes: KubernetesBed, api: API) -> None:
    delete = "for crd in list(kr8s.get('customresourcedefinitions')):\n    crd.delete()\n"
    wait = "import time\nwhile list(kr8s.get('customresourcedefinitions')):\n    time.sleep(.2)"
    # A controller that sees them come back one by one may miss the last.
    with kubernetes.without_controller():
        kubernetes.kr8s(delete + wait)
        try:
            assert "CRDs" in (await profile(api))["unavailable"]
        finally:
            kubernetes.operator("crds")


def test_from_inside(kubernetes: KubernetesBed) -> None:
    """A Jupyter server that is in the cluster's network reaches the scheduler by its service's name."""
    command = kubernetes.inside(sys.executable, "-m", "pytest", "-q", "-p", "no:logging", f"{__file__}::test_a_cluster")
    done = subprocess.run(
        command, env={**os.environ, RUNS: str(kubernetes.folder)}, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_killed_server(kubernetes: KubernetesBed, server: Callable[..., Server]) -> None:
    one = server(HOME=os.environ["HOME"])
    cluster = one.call("POST", "clusters", {"profile": "kubernetes", "size": {"workers": 1}})
    cluster = one.running(cluster["id"], workers=1)
    one.end(signal.SIGKILL)
    one.start()
    adopted = one.running(cluster["id"], workers=1)
    assert adopted["connection"] == cluster["connection"]
    # A notebook that stays connected does not hold the cluster back.
    with python(cluster["connection"]["snippet"] + "\nprint('connected')\ninput()") as notebook:
        assert notebook.stdout
        assert notebook.stdout.readline() == "connected\n"
        one.call("DELETE", f"clusters/{cluster['id']}")
        one.wait(lambda: one.get("clusters") == [])
        notebook.kill()


CUSTOM = """
casa-labext:
  profiles:
    custom:
      kind: kubernetes
      settings:
        pod: {nodeSelector: {kubernetes.io/os: linux}, volumes: [{name: scratch, emptyDir: {}}]}
        custom-cluster-spec:
          apiVersion: kubernetes.dask.org/v1
          kind: DaskCluster
          metadata: {labels: {team: physics}}
          spec:
            scheduler:
              spec:
                containers:
                  - name: scheduler
                    image: "localhost/python:test"
                    args: [dask, scheduler]
                    ports: [{name: tcp-comm, containerPort: 8786}, {name: http-dashboard, containerPort: 8787}]
                    readinessProbe: {httpGet: {port: http-dashboard, path: /health}, periodSeconds: 1}
              service:
                type: NodePort
                selector: {dask.org/component: scheduler}
                ports:
                  - {name: tcp-comm, port: 8786, targetPort: tcp-comm}
                  - {name: http-dashboard, port: 8787, targetPort: http-dashboard}
            worker:
              spec:
                containers:
                  - {name: worker, image: "localhost/python:test", args: [dask, worker, --name, $(DASK_WORKER_NAME)]}
"""


async def test_a_cluster_as_the_operator_describes_it(kubernetes: KubernetesBed, api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config(CUSTOM)
    cluster = await api.create("custom", size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    printed = kubernetes.kr8s(
        "for found in kr8s.get('pods', namespace='default'): print(found.spec.nodeSelector, [v.name for v in found.spec.volumes][0])\n"
        "for found in kr8s.get('services', namespace='default'): print(found.spec.type)",
    )
    assert printed.count("scratch") == 2
    assert "NodePort" in printed
    assert await compute(cluster, "print(client.submit(sum, [1, 2]).result())") == "3"
    await closed(api, cluster)
