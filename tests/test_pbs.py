"""What PBS and Torque say of jobs."""

import getpass
import json
from typing import Any

import pytest
from systems.batch.commands import BatchCommands

from casa_labext.batch.commands import CommandFailed
from casa_labext.batch.pbs import PBS, parse, read

#: `qstat -f` of Torque; a long line goes on behind a tab.
TEXT = """Job Id: 12.server.site
    Job_Name = dask-abc
    job_state = R
    exec_host = node7/0+node7/1
    Resource_List.walltime = 00:30:00
    start_time = Mon Nov 23 07:00:52 2026
    submit_args = -l nodes=1 /a/very/long/path/
\tof/a/script

Job Id: 13.server.site
    job_state = C
    exit_status = 0
"""


def test_the_text_form_is_read() -> None:
    jobs = parse(TEXT)
    assert jobs["12.server.site"]["Resource_List"] == {"walltime": "00:30:00"}
    assert jobs["12.server.site"]["submit_args"] == "-l nodes=1 /a/very/long/path/of/a/script"
    running, ended = (read(*job) for job in jobs.items())
    assert (running.id, running.state, running.host, bool(running.started)) == ("12", "running", "node7", True)
    assert running.walltime_end == (running.started or 0) + 1800
    assert (ended.id, ended.state, ended.walltime_end) == ("13", "gone", None)


@pytest.mark.parametrize(
    ("values", "state", "words", "code"),
    [
        ({"job_state": "Q", "comment": "Not Running: Insufficient amount of resource: ncpus"}, "queued", "Not Running: Insufficient", None),
        ({"job_state": "H", "Hold_Types": "u"}, "held", "Held (Hold_Types = u)", None),
        ({"job_state": "H", "Hold_Types": "s", "comment": "job held, too many failed attempts to run"}, "held", "job held, too many", None),
        ({"job_state": "E"}, "completing", None, None),
        ({"job_state": "F", "Exit_status": 0}, "gone", None, 0),
        ({"job_state": "F", "Exit_status": 127}, "failed", "Exit code 127", 127),
        ({"job_state": "F", "Exit_status": 271}, "failed", "Ended by signal 15", -15),
        (
            {
                "job_state": "F",
                "Exit_status": 271,
                "Resource_List": {"walltime": "00:00:30"},
                "resources_used": {"walltime": "00:00:36"},
            },
            "failed",
            "Reached its walltime of 00:00:30",
            -15,
        ),
    ],
)
def test_what_the_attributes_mean(values: dict[str, Any], state: str, words: str | None, code: int | None) -> None:
    job = read("12.server", values)
    assert (job.id, job.state, job.exit_code) == ("12", state, code)
    assert (job.reason or "").startswith(words or "")
    assert job.deliberate == (values.get("Hold_Types") == "u")


async def test_the_json_form_is_preferred(batch_commands: BatchCommands) -> None:
    answer = json.dumps({"Jobs": {"12.server": {"job_state": "R"}}})
    batch_commands.fail("qstat", code=35, stdout=answer, stderr="qstat: Unknown Job Id 11.server")
    (job,) = await PBS().jobs("dask-abc", ["11", "12"])
    assert (job.id, job.state) == ("12", "running")
    assert batch_commands.calls("qstat")[0].argv == ["-x", "-f", "-F", "json", "11", "12"]


async def test_json_that_is_none_is_not_asked_for_again(batch_commands: BatchCommands) -> None:
    """PBS does not quote all that is in the variables of jobs."""
    batch_commands.fail("qstat", code=0, stdout='Job Id: 12.server\n    job_state = R\n    Variable_List = X="\n')
    system = PBS()
    for _ in range(2):
        (job,) = await system.jobs("dask-abc", ["12"])
        assert (job.id, job.state) == ("12", "running")
    assert [call.argv for call in batch_commands.calls("qstat")] == [["-x", "-f", "-F", "json", "12"], *[["-f", "12"]] * 2]


async def test_a_job_that_was_not_noted_is_found_by_its_name(batch_commands: BatchCommands) -> None:
    batch_commands.fail("qselect", code=0, stdout="77.server\n78.server\n")
    assert await PBS().find("dask-abc") == ["77", "78"]
    assert batch_commands.calls("qselect")[0].argv == ["-u", getpass.getuser(), "-N", "dask-abc"]


async def test_a_server_that_does_not_answer_is_an_error(batch_commands: BatchCommands) -> None:
    batch_commands.fail("qstat", code=111, stderr="Connection refused\nqstat: cannot connect to server head (errno=111)")
    with pytest.raises(CommandFailed, match="cannot connect to server head"):
        await PBS().jobs("dask-abc", ["12"])
