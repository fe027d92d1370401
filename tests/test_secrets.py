"""Secrets are planted in the server's environment, in dask's configuration and in TLS files: none may be found where others look."""

import asyncio
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import API, JSON, compute
from operations import UNKNOWN, operations
from test_batch import Site, closed
from test_batch import site as site  # a fixture
from test_units import RECORD

from casa_labext import directories, kinds
from casa_labext.host.record import Record
from casa_labext.profiles import configuration

pytestmark = pytest.mark.system

#: Every secret has this in it.
CANARY = "c4n4ry"
VARIABLES = ("JUPYTERHUB_API_TOKEN", "JUPYTER_TOKEN_OF_MINE", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "MY_CREDENTIALS")
CONFIGURATION = f"""
gateway: {{auth: {{kwargs: {{password: {CANARY}-gateway}}}}}}
site: {{api-token: {CANARY}-site, url: "https://user:{CANARY}-url@example.org"}}
jobqueue:
  htcondor: {{interface: lo, disk: 100MiB}}
  slurm: {{interface: lo}}
  pbs: {{interface: lo}}
casa-labext:
  profiles:
    secretive:
      kind: factory
      settings: {{module: distributed, class: LocalCluster, kwargs: {{n-workers: 0, env: {{S3_SECRET: {CANARY}-profile}}}}}}
    passing:
      kind: local
      pass-environment: [AWS_SECRET_ACCESS_KEY]
"""


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, dask_config: Callable[[str], Path]) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, f"{CANARY}-{name}")
    dask_config(CONFIGURATION)


async def all_answers(api: API, cluster: JSON) -> dict[str, str]:
    """The answers of every GET there is, and those of the previews."""
    answers = {}
    for method, path in operations():
        if method == "GET" and path != "stream":
            path = path.replace(UNKNOWN["id"], cluster["id"])
            for source in ("host", "scheduler", "workers") if path.endswith("/logs") else ("",):
                params = {"source": source} if source else {}
                answers[f"{path} {source}"] = json.dumps(await api.call("GET", path, params=params))
    answers["preview"] = json.dumps(await api.call("POST", "preview", {"profile": cluster["profile"]}))
    return answers


def key_material(cluster: JSON) -> list[str]:
    """The lines of a cluster's private key."""
    tls = cluster["connection"]["tls"]
    return [line for line in Path(tls["key"]).read_text().splitlines() if "-----" not in line] if tls else []


@pytest.mark.parametrize("profile", ["local", "secretive"])
async def test_no_answer_and_no_log_has_a_secret(profile: str, api: API, caplog: pytest.LogCaptureFixture) -> None:
    cluster = await api.create(profile, size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    keys = key_material(cluster)
    assert bool(keys) == (profile == "local")
    answers = await all_answers(api, cluster)
    assert "200" in answers[f"clusters/{cluster['id']}/diagnosis "][:5]
    directory = directories.clusters() / cluster["id"]
    logs = {path.name: path.read_text() for path in directory.glob("*.log*")}
    assert logs
    for where, text in {**answers, **logs, "the server's log": caplog.text}.items():
        assert CANARY not in text, where
        assert [key for key in keys if key in text] == [], where


async def test_workers_have_the_secrets_that_the_operator_names_and_no_others(api: API) -> None:
    for profile, expected in (("local", []), ("passing", ["AWS_SECRET_ACCESS_KEY"])):
        cluster = await api.create(profile, size={"workers": 1})
        cluster = await api.running(cluster["id"], workers=1)
        found = await secrets_of_workers(cluster)
        assert found == expected
        # The names of what is passed are told, and no value is written anywhere.
        assert CANARY not in (directories.clusters() / cluster["id"] / "cluster.json").read_text()
        assert CANARY not in "".join((await all_answers(api, cluster)).values())
        await api.call("DELETE", f"clusters/{cluster['id']}")
        await api.gone(cluster["id"])


async def secrets_of_workers(cluster: JSON) -> list[str]:
    """The variables with a secret that a worker and the scheduler's process have."""
    code = f"""
import json, os
def found(**kwargs):
    return [name for name, value in os.environ.items() if {CANARY!r} in value]
print(json.dumps([client.submit(found).result(), client.run_on_scheduler(found)]))
"""
    of_worker, of_host = json.loads(await compute(cluster, code))
    assert of_worker == of_host
    names: list[str] = of_worker
    return names


async def test_jobs_and_what_is_submitted_have_no_secret(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=1)
    cluster = await api.running(cluster["id"], workers=1)
    submitted = (await api.get(f"clusters/{cluster['id']}/submitted"))["text"]
    (job,) = await api.get(f"clusters/{cluster['id']}/jobs")
    printed = await api.get(f"clusters/{cluster['id']}/jobs/{job['id']}/logs")
    answers = await all_answers(api, cluster)
    assert await secrets_of_workers(cluster) == []
    for text in (submitted, json.dumps(printed), *answers.values()):
        assert text
        assert CANARY not in text
        assert [key for key in key_material(cluster) if key in text] == []
    await closed(api, cluster, site)


def test_pods_have_no_secret() -> None:
    profile = configuration({"config": {"profiles": {"mine": {"kind": "kubernetes"}}}}).profiles["mine"]
    record = replace(RECORD, kind="kubernetes", options={name: schema["default"] for name, schema in profile.kind.options.items()})
    text = asyncio.run(kinds.load("casa_labext.kinds.kubernetes:kind").preview(record))
    assert text
    assert "DaskCluster" in text
    assert CANARY not in text


async def test_files_are_the_users_alone(api: API) -> None:
    before = os.umask(0o022)
    try:
        cluster = await api.create(size={"workers": 1})
        cluster = await api.running(cluster["id"], workers=1)
        status, _ = await api.call("PUT", f"clusters/{cluster['id']}/default")  # copies certificates for kernels
        assert status == 200
    finally:
        os.umask(before)
    record = Record.load(directories.clusters() / cluster["id"])
    modes = {}
    for top in (directories.clusters().parent, Path(record.socket).parent):
        for path in (top, *top.rglob("*")):
            modes[path.name] = stat.filemode(path.lstat().st_mode)
    assert {name: mode for name, mode in modes.items() if mode not in ("drwx------", "-rw-------", "srw-------")} == {}
    assert {"socket", "cluster.json", "host.log", "clusters", "kernels"} <= modes.keys()
    assert stat.filemode(os.stat(record.scratch).st_mode) == "drwx------"
