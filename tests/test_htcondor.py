"""What HTCondor says of jobs that do not run."""

import asyncio
import time
from typing import Any

import pytest
from conftest import API, JSON
from systems.batch.beds import HTCondorBed
from systems.batch.commands import BatchCommands
from test_batch import TRUTH, Site, closed, jobs, reason

from casa_labext.batch.htcondor import analysis, read

NOW = 1795417246
#: As condor_q -json of HTCondor 23.9 has it.
AD = {"ClusterId": 7, "ProcId": 0, "JobStatus": 1, "QDate": NOW, "NumJobStarts": 0}


@pytest.fixture
def site(htcondor: HTCondorBed, batch_commands: BatchCommands) -> Site:
    return Site("htcondor", htcondor)


@pytest.mark.system
async def test_a_job_that_the_pool_holds(site: Site, htcondor: HTCondorBed, api: API) -> None:
    directives = {"periodic_hold": "JobStatus == 2", "periodic_hold_reason": '"disk of the user is full"', "periodic_hold_subcode": "42"}
    cluster = await site.create(api, options={"job-extra-directives": directives})
    cluster = await api.wait(cluster["id"], reason("disk of the user is full (code 3.42)", held=2, running=0), deadline=20)
    assert cluster["state"] == "degraded"
    assert cluster["reason"] == "2 held: disk of the user is full (code 3.42)"
    (job, *_) = [job for job in await jobs(api, cluster) if job["state"] == "held"]
    assert (job["reason"], job["actions"]) == ("disk of the user is full (code 3.42)", ["release", "retry", "cancel"])
    # They are replaced some times, and the old ones do not stay in the queue.
    await api.wait(cluster["id"], lambda cluster: cluster["hint"] is not None, deadline=90)
    await api.wait(cluster["id"], reason("disk of the user is full", held=2))
    assert len(site.ids()) == 2
    end = time.monotonic() + TRUTH
    while len(await jobs(api, cluster)) != 8:
        assert time.monotonic() < end
        await asyncio.sleep(0.5)
    await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["requested"] == 1)
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_job_that_a_person_holds_is_not_replaced(site: Site, htcondor: HTCondorBed, api: API) -> None:
    cluster = await site.create(api, workers=1, options={"job-extra-directives": {"hold": "True"}})
    cluster = await api.wait(cluster["id"], reason("submitted on hold at user's request (code 15.0)", held=1), deadline=TRUTH)
    before = site.ids()
    await asyncio.sleep(4)  # longer than the first replacement would take
    assert site.ids() == before
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/jobs/{before.pop()}/release")
    assert status == 200
    await api.running(cluster["id"], workers=1)
    await closed(api, cluster, site)


@pytest.mark.system
async def test_the_end_of_the_walltime(site: Site, api: API) -> None:
    cluster = await site.create(api, workers=1, options={"walltime": "00:00:10"})
    cluster = await api.running(cluster["id"], workers=1)
    await api.wait(cluster["id"], reason("exceeded allowed job duration of 00:10 (code 46.0)", held=1), deadline=10 + TRUTH)
    await api.running(cluster["id"], workers=1)  # another job
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_rule_of_the_site(site: Site, htcondor: HTCondorBed, api: API) -> None:
    htcondor.configure(
        "rule",
        "SUBMIT_REQUIREMENT_NAMES = Accounted\n"
        "SUBMIT_REQUIREMENT_Accounted = AcctGroup =!= undefined\n"
        'SUBMIT_REQUIREMENT_Accounted_REASON = "name an accounting group"\n',
    )
    cluster = await site.create(api, workers=1)
    cluster = await api.wait(cluster["id"], reason("name an accounting group", failed=1), deadline=TRUTH)
    assert cluster["reason"].startswith("1 failed: condor_submit: ")
    await closed(api, cluster, site)
    cluster = await site.create(api, workers=1, options={"account": "physics.me"})
    await api.running(cluster["id"], workers=1)
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_request_that_no_machine_can_meet(site: Site, api: API) -> None:
    cluster = await site.create(api, options={"cores": 500})
    cluster = await api.wait(cluster["id"], reason("machines meet TARGET.Cpus >= RequestCpus (RequestCpus = 500)", queued=2), deadline=15)
    assert cluster["state"] == "running"
    await closed(api, cluster, site)


@pytest.mark.system
async def test_a_vacated_job_comes_back(site: Site, htcondor: HTCondorBed, api: API) -> None:
    cluster = await site.create(api, workers=1)
    cluster = await api.running(cluster["id"], workers=1)
    before = site.ids()
    # Nothing can start again until it has been seen to wait.
    htcondor.configure("closed", "START = False\n")
    htcondor.run("condor_vacate_job", *before)
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["queued"] == 1, deadline=TRUTH)
    cluster = await api.wait(cluster["id"], reason("Vacated (code 10", queued=1), deadline=TRUTH)
    htcondor.unconfigure("closed")
    await api.running(cluster["id"], workers=1)
    assert site.ids() == before
    await closed(api, cluster, site)


@pytest.mark.system
async def test_many_jobs_are_one_query(site: Site, api: API, batch_commands: BatchCommands) -> None:
    batch_commands.spy("condor_q")
    cluster = await site.create(api, workers=200, options={"cores": 8})
    await api.wait(cluster["id"], lambda cluster: (cluster["workers"]["running"], cluster["workers"]["queued"]) == (1, 199), deadline=120)
    before, start = len(batch_commands.calls("condor_q")), time.monotonic()
    await asyncio.sleep(10)
    queries = batch_commands.calls("condor_q")[before:]
    assert 1 <= len(queries) <= (time.monotonic() - start) / 2 + 1
    assert all(len(" ".join(query.argv)) < 1000 for query in queries)
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 20})
    assert status == 200
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["queued"] == 19)
    end = time.monotonic() + 30
    while len(site.ids()) != 20:
        assert time.monotonic() < end
        await asyncio.sleep(0.5)
    await closed(api, cluster, site)


@pytest.mark.parametrize(
    ("values", "state", "words"),
    [
        ({}, "queued", None),
        ({"LastRejMatchReason": "no match found "}, "queued", "no match found"),
        ({"JobStatus": 2, "RemoteHost": "slot1_1@node7"}, "running", None),
        ({"JobStatus": 3, "RemoveReason": "via condor_rm (by user me)"}, "completing", "via condor_rm (by user me)"),
        ({"JobStatus": 4, "ExitCode": 0}, "gone", "Exit code 0"),
        ({"JobStatus": 4, "ExitCode": 127}, "failed", "Exit code 127"),
        ({"JobStatus": 4, "ExitBySignal": True, "ExitSignal": 9}, "failed", "Ended by signal 9"),
        ({"JobStatus": 5, "HoldReason": "Error from\n slot1", "HoldReasonCode": 34}, "held", "Error from slot1 (code 34.0)"),
        ({"JobStatus": 5}, "held", "Held (code ?.0)"),
        ({"JobStatus": 7}, "running", "Suspended"),
        ({"NumJobStarts": 1, "VacateReason": "preempted", "VacateReasonCode": 7}, "queued", "Vacated (code 7): preempted"),
    ],
)
def test_what_a_classad_means(values: JSON, state: str, words: str | None) -> None:
    job = read({**AD, **values})
    assert (job.id, job.state, job.reason, job.submitted) == ("7.0", state, words, NOW)
    assert job.host == ("node7" if "RemoteHost" in values else None)


def test_what_the_history_says_of_a_removed_job() -> None:
    job = read({**AD, "JobStatus": 3, "RemoveReason": "via condor_rm (by user me)", "EnteredCurrentStatus": NOW + 5}, ended=True)
    assert (job.state, job.reason, job.ended) == ("gone", "via condor_rm (by user me)", NOW + 5)


ANALYSIS = """
Job 1.000 defines the following attributes:

    FileSystemDomain = "pool.test"
    RequestCpus = 500
    RequestMemory = 100 (mb)

Step    Matched  Condition
-----  --------  ---------
[0]          12  TARGET.Arch == "X86_64"
[7]           {matched}  TARGET.Cpus >= RequestCpus

001.000:  Run analysis summary ignoring user priority.  Of 12 machines,
     {rejected} are rejected by your job's requirements
      0 reject your job because of their own requirements
      {busy} match but are serving other users
      0 are able to run your job
"""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"matched": 0, "rejected": 12, "busy": 0}, "0 of 12 machines meet TARGET.Cpus >= RequestCpus (RequestCpus = 500)"),
        (
            {"matched": 3, "rejected": 9, "busy": 3},
            "Of 12 machines, 9 are rejected by your job's requirements; 3 match but are serving other users",
        ),
    ],
)
def test_the_essence_of_an_analysis(values: dict[str, Any], words: str) -> None:
    assert analysis(ANALYSIS.format(**values)) == words


def test_the_essence_of_an_analysis_of_htcondor_25() -> None:
    text = (
        "001.000:  Run analysis summary ignoring user priority.  Of 3 slots on 2 machines,\n"
        "      1 slots are rejected by your job's requirements\n"
        "      2 slots match and are willing to run your job\n"
    )
    assert analysis(text) == (
        "Of 3 slots on 2 machines, 1 slots are rejected by your job's requirements; 2 slots match and are willing to run your job"
    )


def test_an_analysis_that_says_nothing() -> None:
    assert analysis("No such job") is None


@pytest.mark.system
async def test_a_history_that_cannot_be_read_hides_nothing(site: Site, api: API, batch_commands: BatchCommands) -> None:
    batch_commands.fail("condor_history", stderr="not for you")
    cluster = await site.create(api, workers=1)
    cluster = await api.running(cluster["id"], workers=1)
    removed = site.ids()
    await asyncio.to_thread(site.bed.run, "condor_rm", *removed)
    await api.wait(cluster["id"], reason("No longer in HTCondor"), deadline=2 * TRUTH)
    await api.wait(cluster["id"], lambda cluster: cluster["workers"]["running"] == 1 and site.ids() != removed)
    await closed(api, cluster, site)
