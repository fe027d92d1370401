"""The batch systems of the tests run jobs, and their commands can be replaced."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .beds import Bed, BedError, HTCondorBed, SlurmBed, wait_until
from .commands import BatchCommands

pytestmark = pytest.mark.system

SCRIPT = """#!/bin/sh
{options}
cd {folder} && echo done >new && mv new result
"""


def call(*command: str | Path, deadline: float = 20) -> subprocess.CompletedProcess[str]:
    """Run a command as the extension would: found on PATH."""
    return subprocess.run(command, capture_output=True, text=True, timeout=deadline, stdin=subprocess.DEVNULL)


def submit(command: str, tmp_path: Path, options: str = "") -> None:
    """Submit a job that writes `result`; `options` are lines of the submit file or of the script."""
    script = tmp_path / "job.sh"
    script.write_text(SCRIPT.format(options="" if command == "condor_submit" else options, folder=tmp_path))
    script.chmod(0o755)
    file = script
    if command == "condor_submit":
        file = tmp_path / "job.sub"
        file.write_text(f"executable = {script}\nrequest_cpus = 1\nrequest_memory = 1\nrequest_disk = 1\n{options}\nqueue\n")
    done = call(command, file)
    assert done.returncode == 0, done.stderr


def ran(bed: Bed, tmp_path: Path) -> None:
    """Wait until the job has run."""
    wait_until((tmp_path / "result").exists, 20, f"a job of {bed.name}")
    bed.empty()


def one(bed: Bed) -> dict[str, Any]:
    """The only job in the queue."""
    (job,) = bed.queue()
    return job


def test_htcondor_runs_a_job(htcondor: HTCondorBed, tmp_path: Path) -> None:
    submit("condor_submit", tmp_path)
    ran(htcondor, tmp_path)


def test_htcondor_says_why_a_job_is_held(htcondor: HTCondorBed, tmp_path: Path) -> None:
    submit("condor_submit", tmp_path, "hold = True")
    job = one(htcondor)
    assert (job["JobStatus"], job["HoldReasonCode"]) == (5, 15)
    assert "submitted on hold" in job["HoldReason"]
    assert call("condor_release", str(job["ClusterId"])).returncode == 0
    ran(htcondor, tmp_path)


def test_htcondor_takes_rules_of_a_site(htcondor: HTCondorBed, tmp_path: Path) -> None:
    rule = (
        'SUBMIT_REQUIREMENT_NAMES = Group\nSUBMIT_REQUIREMENT_Group = AcctGroup isnt undefined\nSUBMIT_REQUIREMENT_Group_REASON = "Say"\n'
    )
    htcondor.configure("rule", rule)
    with pytest.raises(AssertionError, match="Say"):
        submit("condor_submit", tmp_path)
    htcondor.unconfigure("rule")
    submit("condor_submit", tmp_path)
    ran(htcondor, tmp_path)


def test_htcondor_keeps_its_queue_without_a_schedd(htcondor: HTCondorBed, tmp_path: Path) -> None:
    submit("condor_submit", tmp_path, "hold = True")
    job = one(htcondor)
    htcondor.stop_schedd()
    assert call("condor_q").returncode != 0
    htcondor.start_schedd()
    assert one(htcondor)["ClusterId"] == job["ClusterId"]
    assert call("condor_rm", "-all").returncode == 0


def test_htcondor_can_go_away_and_come_back(htcondor: HTCondorBed, tmp_path: Path) -> None:
    htcondor.stop()
    assert call("condor_q").returncode != 0
    htcondor.start()
    submit("condor_submit", tmp_path)
    ran(htcondor, tmp_path)


def test_jobs_that_are_left_are_found_and_removed(htcondor: HTCondorBed, slurm: SlurmBed, tmp_path: Path) -> None:
    submit("condor_submit", tmp_path, "hold = True")
    submit("sbatch", tmp_path, "#SBATCH --hold")
    assert [job["JobStatus"] for job in htcondor.settle(deadline=0)] == [5]
    assert [job["state"] for job in slurm.settle(deadline=0)] == ["PENDING"]
    assert (htcondor.queue(), slurm.queue()) == ([], [])


@pytest.mark.parametrize("command", ["sbatch", "qsub"])
def test_slurm_runs_a_job(command: str, slurm: SlurmBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # for the job's output
    submit(command, tmp_path)
    ran(slurm, tmp_path)


def test_slurm_keeps_its_queue_without_a_controller(slurm: SlurmBed, tmp_path: Path) -> None:
    submit("sbatch", tmp_path, "#SBATCH --hold")
    job = one(slurm)
    slurm.stop_controller()
    assert slurm._controller() is None
    slurm.start_controller()
    assert one(slurm) == job
    assert call("qdel", job["id"]).returncode == 0


def test_commands_can_be_replaced(htcondor: HTCondorBed, slurm: SlurmBed, batch_commands: BatchCommands, tmp_path: Path) -> None:
    batch_commands.fail("condor_rm", stderr="No!", code=3)
    done = call("condor_rm", "1")
    assert (done.returncode, done.stderr) == (3, "No!")
    assert [called.argv for called in batch_commands.calls("condor_rm")] == [["1"]]
    batch_commands.restore("condor_rm")
    assert "No!" not in call("condor_rm", "1").stderr

    batch_commands.hang("sbatch")
    with pytest.raises(subprocess.TimeoutExpired):
        call("sbatch", "--version", deadline=1)
    hanging = subprocess.Popen(["sbatch", "--version"])
    wait_until(lambda: len(batch_commands.calls("sbatch")) == 2, 10, "the second call")
    batch_commands.restore("sbatch")
    assert hanging.wait(10) == 1
    assert "slurm" in call("sbatch", "--version").stdout

    # Processes that run already keep their PATH, so that does not change.
    path = os.environ["PATH"]
    for command in ("condor_submit", "sbatch"):
        batch_commands.missing(command)
        assert shutil.which(command) is None
        batch_commands.restore(command)
        assert shutil.which(command)
    assert os.environ["PATH"] == path

    batch_commands.spy("condor_submit")
    submit("condor_submit", tmp_path)
    ran(htcondor, tmp_path)
    ((argv, text),) = batch_commands.calls("condor_submit")
    assert argv == [str(tmp_path / "job.sub")]
    assert text == (tmp_path / "job.sub").read_text()


def test_commands_are_as_usual_in_the_next_test(htcondor: HTCondorBed, batch_commands: BatchCommands) -> None:
    assert batch_commands.calls("condor_submit") == []
    assert "CondorVersion" in call("condor_q", "-version").stdout
    with pytest.raises(BedError, match="no_such_option"):
        htcondor.run("condor_q", "-no_such_option")
