"""Clusters of jobs, on each of the real batch systems, through the REST interface."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import API, JSON, compute
from systems.batch.beds import Bed
from systems.batch.commands import BatchCommands
from systems.ports import free_port

from casa_labext import directories
from casa_labext.schemas import check, validator

pytestmark = pytest.mark.system

#: Seconds within which the panel must show what the batch system knows.
TRUTH = 10


class Site:
    """A batch system with the words that differ."""

    COMMANDS = {  # noqa: RUF012
        "htcondor": ("condor_submit", "condor_rm", "condor_q"),
        "slurm": ("sbatch", "scancel", "squeue"),
        "pbs": ("qsub", "qdel", "qstat"),
    }

    def __init__(self, name: str, bed: Bed) -> None:
        self.name = name
        self.bed = bed
        self.submit, self.cancel, self.query = self.COMMANDS[name]
        self.options: JSON = {"interface": "lo", "memory": "500MiB"}
        if name == "htcondor":
            self.options["disk"] = "100MiB"

    def ids(self) -> set[str]:
        """The ids of the jobs in the queue, as the panel has them."""
        return {f"{job['ClusterId']}.{job['ProcId']}" if self.name == "htcondor" else str(job["id"]) for job in self.bed.queue()}

    async def create(self, api: API, *, workers: int = 2, options: JSON | None = None) -> JSON:
        """A cluster whose scheduler runs: from then on the truth must be shown."""
        cluster = await api.create(self.name, size={"workers": workers}, options={**self.options, **(options or {})})
        return await api.wait(cluster["id"], lambda cluster: cluster["state"] != "starting")


@pytest.fixture(params=["htcondor", "slurm", "pbs"])
def site(request: pytest.FixtureRequest) -> Site:
    """Each batch system in turn; where a test names one, it would be the same on the others."""
    bed = request.getfixturevalue(request.param)
    request.getfixturevalue("batch_commands")  # finds the bed's commands on PATH
    return Site(request.param, bed)


async def closed(api: API, cluster: JSON, site: Site) -> None:
    """Shut a cluster down; nothing may be left."""
    status, _ = await api.call("DELETE", f"clusters/{cluster['id']}")
    assert status == 202
    await api.gone(cluster["id"])
    assert site.ids() == set()


async def jobs(api: API, cluster: JSON) -> list[JSON]:
    found: list[JSON] = await api.get(f"clusters/{cluster['id']}/jobs")
    for job in found:
        check(validator("Job"), job)
    return found


async def unavailable(api: API, name: str) -> str:
    """Wait until a profile is said to be unavailable: an answer of the batch system is good for some seconds."""
    end = time.monotonic() + 15
    while True:
        (profile,) = (profile for profile in (await api.get("profiles"))["profiles"] if profile["name"] == name)
        if profile["unavailable"]:
            words: str = profile["unavailable"]
            return words
        assert time.monotonic() < end
        await asyncio.sleep(0.5)


def reason(words: str, **workers: int) -> Callable[[JSON], bool]:
    """A condition: so many workers are where they are said to be, and the card's reason has these words."""
    return lambda cluster: (
        all(cluster["workers"][place] == count for place, count in workers.items()) and words in (cluster["reason"] or "")
    )


async def test_from_request_to_an_empty_queue(site: Site, api: API, batch_commands: BatchCommands, jp_fetch: Any) -> None:
    batch_commands.spy(site.submit)
    (profile,) = (profile for profile in (await api.get("profiles"))["profiles"] if profile["name"] == site.name)
    assert (profile["unavailable"], profile["has_preview"]) == (None, True)
    walltime = {"walltime": "00:20:00"}
    status, preview = await api.call("POST", "preview", {"profile": site.name, "options": {**site.options, **walltime}})
    assert status == 200, preview

    cluster = await site.create(api, options=walltime)
    cluster = await api.running(cluster["id"], workers=2)
    assert cluster["has_jobs"]
    assert cluster["connection"]["address"].startswith("tls://")
    assert await compute(cluster, "print(sum(client.gather(client.map(lambda x: x * x, range(100)))))") == "328350"
    assert (await jp_fetch("proxy", *cluster["dashboard"].split("/")[-2:])).code == 200
    found = await jobs(api, cluster)
    assert {job["id"] for job in found} == site.ids()
    assert [(job["state"], job["workers"], job["actions"]) for job in found] == [("running", 1, ["cancel"])] * 2
    assert all(abs(job["submitted"] - time.time()) < 900 and job["started"] and job["host"] for job in found)
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["walltime_end"] is not None, deadline=TRUTH)
    told = [job for job in await jobs(api, cluster) if job["walltime_end"]]
    assert all(abs(job["walltime_end"] - job["started"] - 1200) <= 60 for job in told)
    assert cluster["walltime_end"] in [job["walltime_end"] for job in told]
    logs = await api.get(f"clusters/{cluster['id']}/jobs/{found[0]['id']}/logs")
    assert any(f"Worker name:          {found[0]['worker']}" in log["text"] for log in logs), logs

    # What is shown is what was submitted, but for the words in angle brackets.
    submitted = [call.text for call in batch_commands.calls(site.submit)]
    assert len(submitted) == 2
    assert (await api.get(f"clusters/{cluster['id']}/submitted"))["text"] in submitted
    text = preview["text"]
    directory = str(directories.clusters() / cluster["id"])
    for word, value in {
        "<cluster's directory>": directory,
        "dask-<cluster>": f"dask-{cluster['id'][:10]}",
        "tls://<scheduler>": cluster["connection"]["address"],
        "<number>": "0",
    }.items():
        text = text.replace(word, value)
    assert text in submitted
    await closed(api, cluster, site)


async def test_a_refused_submission(site: Site, api: API, batch_commands: BatchCommands) -> None:
    batch_commands.fail(site.submit, stderr="the site says no\nfor two reasons")
    cluster = await site.create(api)
    cluster = await api.wait(cluster["id"], reason("the site says no for two reasons", failed=2, running=0), deadline=TRUTH)
    assert cluster["state"] == "degraded"
    assert cluster["reasons"] == [{"place": "failed", "workers": 2, "text": f"{site.submit}: the site says no for two reasons"}]
    assert [(job["id"], job["state"], job["actions"]) for job in await jobs(api, cluster)] == [(None, "failed", ["retry", "cancel"])] * 2
    batch_commands.restore(site.submit)
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/jobs/{(await jobs(api, cluster))[0]['worker']}/retry")
    assert status == 200
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] >= 1)
    # The other one is tried again by itself.
    cluster = await api.wait(cluster["id"], lambda cluster: (cluster["state"], cluster["workers"]["running"]) == ("running", 2))
    assert cluster["reason"] is None
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["htcondor"], indirect=True)
async def test_closing_after_a_refused_submission(site: Site, api: API, batch_commands: BatchCommands) -> None:
    batch_commands.fail(site.submit, stderr="no")
    cluster = await site.create(api)
    await api.wait(cluster["id"], reason("no", failed=2))
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    assert status == 200, answer
    await api.wait(cluster["id"], reason("no", failed=1, requested=1))
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["slurm"], indirect=True)
async def test_a_submission_that_hangs(site: Site, api: API, batch_commands: BatchCommands, dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {timeouts: {command: 3}}")
    batch_commands.hang(site.submit)
    cluster = await site.create(api)
    await api.wait(cluster["id"], lambda cluster: cluster["state"] == "running")
    started = time.monotonic()
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 3})
    assert status == 200
    await api.get(f"clusters/{cluster['id']}/workers")
    assert time.monotonic() - started < 2
    cluster = await api.wait(cluster["id"], reason(f"{site.submit} has not answered within 3 s."), deadline=TRUTH)
    assert cluster["state"] == "degraded"
    await closed(api, cluster, site)


async def test_a_cancellation_that_fails(site: Site, api: API, batch_commands: BatchCommands, dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {timeouts: {close: 3}}")
    cluster = await site.create(api)
    cluster = await api.running(cluster["id"], workers=2)
    ids = site.ids()
    batch_commands.fail(site.cancel, stderr="not today")
    await api.call("DELETE", f"clusters/{cluster['id']}")
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["state"] == "close_failed")
    assert "not today" in cluster["reason"]
    assert {job["id"] for job in await jobs(api, cluster)} == site.ids() <= ids
    batch_commands.restore(site.cancel)
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["htcondor"], indirect=True)
async def test_a_cancellation_that_hangs(site: Site, api: API, batch_commands: BatchCommands, dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {timeouts: {close: 3, command: 2}}")
    cluster = await site.create(api, workers=1)
    cluster = await api.running(cluster["id"], workers=1)
    batch_commands.hang(site.cancel)
    await api.call("DELETE", f"clusters/{cluster['id']}")
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["state"] == "close_failed")
    assert f"{site.cancel} has not answered within 2 s." in cluster["reason"]
    batch_commands.restore(site.cancel)
    await closed(api, cluster, site)


async def test_a_killed_host_leaves_no_job(site: Site, api: API, jp_ws_fetch: Any) -> None:
    # Two jobs fit, three wait: each wants 4 of the pool's 8 cores.
    cluster = await site.create(api, workers=5, options={"cores": 4})
    cluster = await api.wait(cluster["id"], lambda cluster: (cluster["workers"]["running"], cluster["workers"]["queued"]) == (2, 3))
    ids = site.ids()
    assert len(ids) == 5
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    record = json.loads((directories.clusters() / cluster["id"] / "cluster.json").read_text())
    os.kill(record["pid"], signal.SIGKILL)
    await api.gone(cluster["id"])
    assert site.ids() == set()
    messages: list[JSON] = []
    while not messages or messages[-1]["type"] != "removed":
        messages.append(json.loads(await asyncio.wait_for(stream.read_message(), 10)))
    states = [message["cluster"]["state"] for message in messages if message["type"] == "cluster"]
    assert "lost" in states
    assert messages[-1]["reason"] == "The process that owned the cluster died."
    stream.close()


async def test_jobs_that_somebody_else_removes_are_replaced(site: Site, api: API) -> None:
    cluster = await site.create(api)
    cluster = await api.running(cluster["id"], workers=2)
    before = site.ids()
    removed = sorted(before)[0]
    site.bed.run(site.cancel, removed)
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] == 1, deadline=TRUTH)
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["failed"] == 1, deadline=TRUTH)
    (job,) = [job for job in await jobs(api, cluster) if job["id"] == removed]
    assert job["state"] == "gone"
    assert job["reason"], job
    await api.running(cluster["id"], workers=2)
    assert len(site.ids() - before) == 1
    await closed(api, cluster, site)


async def test_a_python_that_is_not_there(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=1, options={"python": "/nowhere/python"})
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["workers"]["failed"] == 1, deadline=20)
    (job, *_) = await jobs(api, cluster)
    if site.name != "pbs":  # Slurm's qstat does not tell exit codes
        assert "127" in cluster["reason"]
        assert job["exit_code"] == 127
    failed = next(job for job in await jobs(api, cluster) if job["state"] in ("failed", "gone"))
    logs = await api.get(f"clusters/{cluster['id']}/jobs/{failed['id']}/logs")
    assert any("/nowhere/python" in log["text"] for log in logs), logs
    await closed(api, cluster, site)


async def test_a_batch_system_that_is_down(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=1)
    cluster = await api.running(cluster["id"], workers=1)
    stop, start = (
        (site.bed.stop_schedd, site.bed.start_schedd) if site.name == "htcondor" else (site.bed.stop_controller, site.bed.start_controller)  # type: ignore[attr-defined]
    )
    await asyncio.to_thread(stop)
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 2})
    assert status == 200
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["state"] == "degraded" and cluster["reason"], deadline=30)
    assert any(word in cluster["reason"] for word in ("condor_", "squeue", "qstat", "sbatch", "qsub")), cluster["reason"]
    assert await unavailable(api, site.name)
    await asyncio.to_thread(start)
    await api.wait(cluster["id"], lambda cluster: (cluster["state"], cluster["workers"]["running"]) == ("running", 2))
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["pbs"], indirect=True)
async def test_commands_that_are_not_there(site: Site, api: API, batch_commands: BatchCommands, dask_config: Callable[[str], Path]) -> None:
    dask_config(f"casa-labext: {{profiles: {{mine: {{kind: {site.name}}}}}}}")
    cluster = await site.create(api, workers=0)
    cluster = await api.running(cluster["id"])
    batch_commands.missing(site.submit)
    await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    await api.wait(cluster["id"], reason(f"{site.submit} is not on PATH.", failed=1))
    # A profile that the operator wrote is shown with the reason, the packaged one is not offered.
    assert await unavailable(api, "mine") == f"{site.submit} is not on PATH."
    assert site.name not in [profile["name"] for profile in (await api.get("profiles"))["profiles"]]
    status, answer = await api.call("POST", "clusters", {"profile": "mine"})
    assert (status, answer["message"]) == (503, f"{site.submit} is not on PATH.")
    batch_commands.restore(site.submit)
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["slurm"], indirect=True)
async def test_scaling_down_ends_what_does_least(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=4, options={"cores": 4})
    cluster = await api.wait(cluster["id"], lambda cluster: (cluster["workers"]["running"], cluster["workers"]["queued"]) == (2, 2))
    running = {job["id"] for job in await jobs(api, cluster) if job["state"] == "running"}
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 2})
    assert (status, answer["size"]) == (200, {"workers": 2})
    end = time.monotonic() + TRUTH
    while site.ids() != running:
        assert time.monotonic() < end, site.ids()
        await asyncio.sleep(0.1)
    cluster = await api.running(cluster["id"], workers=2)
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/jobs/{sorted(running)[0]}/cancel")
    assert (status, answer["size"]) == (200, {"workers": 1})
    await api.running(cluster["id"], workers=1)
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["htcondor"], indirect=True)
async def test_adaptive_with_several_workers_a_job(site: Site, api: API) -> None:
    cluster = await api.create(
        site.name,
        size={"minimum": 0, "maximum": 4, "interval": 0.5, "wait_count": 2, "target_duration": 1},
        options={**site.options, "cores": 2, "processes": 2},
    )
    cluster = await api.running(cluster["id"])
    assert cluster["activity"] == "Adaptive scaling wants 0 workers: nothing to run"
    # The same bounds again are no reason to stop.
    bounds = {"minimum": 0, "maximum": 4, "interval": 0.5, "wait_count": 2}
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/adapt", bounds)
    assert status == 200
    busy = asyncio.create_task(compute(cluster, "import time; print(len(client.gather(client.map(lambda x: time.sleep(1), range(30)))))"))
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] >= 2)
    assert cluster["activity"].startswith("Adaptive scaling wants ")
    assert "tasks to run" in cluster["activity"]
    assert cluster["workers"]["requested"] in (2, 4)
    assert await busy == "30"
    await api.wait(cluster["id"], lambda cluster: (cluster["workers"]["requested"], cluster["workers"]["running"]) == (0, 0))
    # A number ends adaptive scaling, and holds.
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 2})
    assert (status, answer["size"]) == (200, {"workers": 2})
    await api.running(cluster["id"], workers=2)
    assert len(site.ids()) == 1
    await asyncio.sleep(2)  # some rounds of an adaptive that has not been stopped
    cluster = await api.running(cluster["id"], workers=2)
    assert cluster["activity"] is None
    await closed(api, cluster, site)


async def test_a_loopback_address_is_no_use_to_other_machines(site: Site, api: API, batch_commands: BatchCommands) -> None:
    command, output = {
        "htcondor": ("condor_status", "<127.0.0.1:9618?sock=x>\n<10.0.3.7:9618?sock=y>\n"),
        "slurm": ("sinfo", "127.0.0.1\nnode7\n"),
        "pbs": ("pbsnodes", "node7\n    state = free\n"),
    }[site.name]
    batch_commands.fail(command, stdout=output, code=0)
    cluster = await site.create(api)
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["state"] == "failed")
    assert "The workers could not reach the scheduler: it is at tls://127.0.0.1:" in cluster["reason"]
    assert cluster["hint"] == "Set the network interface, the scheduler host or the contact address."
    await closed(api, cluster, site)


@pytest.mark.parametrize("site", ["slurm"], indirect=True)
async def test_the_sites_scheduler_options(site: Site, api: API, dask_config: Callable[[str], Path]) -> None:
    port = free_port()
    dask_config(f"jobqueue: {{slurm: {{scheduler-options: {{port: {port}}}}}}}")
    cluster = await site.create(api, workers=0)
    assert cluster["connection"]["address"] == f"tls://127.0.0.1:{port}"
    status, logs = await api.call("GET", f"clusters/{cluster['id']}/jobs/%2F..%2F..%2Fhost/logs")
    assert (status, logs) == (200, [])
    await closed(api, cluster, site)


JOBQUEUE = """
jobqueue:
  {name}:
    cores: 3
    memory: 7 GB
    log-directory: ~/logs
    job-script-prologue: [module load root]
    colour: red
    env-extra: [export A=1]
"""


async def test_the_sites_own_configuration(site: Site, api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config(JOBQUEUE.format(name=site.name))
    offer = await api.get("profiles")
    (profile,) = (profile for profile in offer["profiles"] if profile["name"] == site.name)
    defaults = {name: schema["default"] for name, schema in profile["schema"]["properties"].items()}
    wanted = {"cores": 3, "memory": "7 GB", "log-directory": "~/logs", "job-script-prologue": ["module load root"], "processes": 1}
    assert {name: defaults[name] for name in wanted} == wanted
    assert offer["problems"] == [
        {"where": f"jobqueue.{site.name}.colour", "message": "dask-jobqueue knows no such key."},
        {"where": f"jobqueue.{site.name}.env-extra", "message": "dask-jobqueue calls it job-script-prologue now."},
    ]
    status, preview = await api.call("POST", "preview", {"profile": site.name, "options": {"cores": 2}})
    assert status == 200
    assert "module load root" in preview["text"]
    assert "export A" not in preview["text"]
