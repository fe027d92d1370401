"""What Slurm says of jobs that do not run."""

import asyncio
import time

import pytest
from conftest import API
from systems.batch.beds import SlurmBed
from systems.batch.commands import BatchCommands
from test_batch import TRUTH, Site, closed, jobs, reason

from casa_labext import directories
from casa_labext.batch.slurm import read


@pytest.fixture
def site(slurm: SlurmBed, batch_commands: BatchCommands) -> Site:
    return Site("slurm", slurm)


@pytest.mark.system
async def test_a_partition_that_there_is_not(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=1, options={"queue": "nosuch"})
    cluster = await api.wait(cluster["id"], reason("Invalid partition name specified", failed=1), deadline=TRUTH)
    assert cluster["reason"].startswith("1 failed: sbatch: ")
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_request_that_no_node_can_meet(site: Site, api: API) -> None:
    cluster = await site.create(api, options={"cores": 99})
    cluster = await api.wait(cluster["id"], reason("PartitionConfig", queued=2), deadline=TRUTH)
    assert cluster["state"] == "running"
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_held_job_can_be_released(site: Site, slurm: SlurmBed, api: API) -> None:
    cluster = await site.create(api, workers=1, options={"job-extra-directives": ["--hold"]})
    cluster = await api.wait(cluster["id"], reason("JobHeldUser", held=1), deadline=TRUTH)
    (job,) = await jobs(api, cluster)
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/jobs/{job['id']}/release")
    assert status == 200
    await api.running(cluster["id"], workers=1)
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_requeued_job_stays(site: Site, slurm: SlurmBed, api: API) -> None:
    cluster = await site.create(api, workers=1)
    cluster = await api.running(cluster["id"], workers=1)
    before = site.ids()
    slurm.run("scontrol", "requeue", *before)
    await api.wait(cluster["id"], reason("BeginTime", queued=1), deadline=TRUTH)
    assert site.ids() == before
    await closed(api, cluster, site)


@pytest.mark.system
async def test_the_end_of_the_walltime(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=1, options={"walltime": "00:01:00"})
    cluster = await api.running(cluster["id"], workers=1)
    (before,) = site.ids()
    # Slurm looks at the times once or twice a minute.
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] == 0, deadline=150)
    await api.running(cluster["id"], workers=1)  # another job
    (job,) = [job for job in await jobs(api, cluster) if job["id"] == before]
    assert (job["state"], job["reason"][:7]) == ("failed", "TIMEOUT")
    await closed(api, cluster, site)


@pytest.mark.system
async def test_closing_while_jobs_are_being_submitted(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=100, options={"cores": 8})
    end = time.monotonic() + TRUTH
    while not site.ids():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    await closed(api, cluster, site)
    directory = directories.clusters() / cluster["id"]
    assert not directory.exists()
    await asyncio.sleep(2)  # a submission that was still under way would have arrived by now
    assert site.ids() == set()


FIELDS = {
    "JobID": "12",
    "State": "PENDING",
    "Reason": "Priority",
    "NodeList": "",
    "SubmitTime": "1795417251",
    "StartTime": "N/A",
    "EndTime": "N/A",
    "exit_code": "0",
}


@pytest.mark.parametrize(
    ("values", "state", "words", "code"),
    [
        ({}, "queued", "Priority", None),
        ({"Reason": "None"}, "queued", None, None),
        ({"Reason": "JobHeldUser"}, "held", "JobHeldUser", None),
        ({"Reason": "launch failed requeued held"}, "held", "launch failed requeued held", None),
        ({"Reason": "JobHoldMaxRequeue"}, "held", "JobHoldMaxRequeue", None),
        ({"State": "RUNNING", "Reason": "None"}, "running", None, None),
        ({"State": "CONFIGURING", "Reason": "None"}, "running", "CONFIGURING", None),
        ({"State": "COMPLETING", "Reason": "None"}, "completing", "COMPLETING", None),
        ({"State": "COMPLETED", "Reason": "None"}, "gone", "COMPLETED", 0),
        ({"State": "CANCELLED by 0", "Reason": "None"}, "gone", "CANCELLED by 0", 0),
        ({"State": "FAILED", "Reason": "NonZeroExitCode", "exit_code": "32512"}, "failed", "FAILED: NonZeroExitCode (exit code 127)", 127),
        ({"State": "OUT_OF_MEMORY", "Reason": "OutOfMemory", "exit_code": "9"}, "failed", "OUT_OF_MEMORY: OutOfMemory (exit code -9)", -9),
        ({"State": "TIMEOUT", "Reason": "TimeLimit", "exit_code": "0:15"}, "failed", "TIMEOUT: TimeLimit (exit code -15)", -15),
        ({"State": "NODE_FAIL", "Reason": "NodeDown", "exit_code": "1:0"}, "failed", "NODE_FAIL: NodeDown (exit code 1)", 1),
    ],
)
def test_what_the_fields_mean(values: dict[str, str], state: str, words: str | None, code: int | None) -> None:
    job = read({**FIELDS, **values})
    assert (job.id, job.state, job.reason, job.exit_code, job.submitted) == ("12", state, words, code, 1795417251)
    assert job.deliberate == (values.get("Reason") == "JobHeldUser")
