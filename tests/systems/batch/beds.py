"""Real batch systems on this machine, each with a queue of its own."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

SCRIPTS = Path(__file__).parent

#: HTCondor's daemons that take part in what a job goes through, as condor_config_val names them.
CONDOR_DAEMONS = ("master", "schedd", "startd", "negotiator")


class BedError(Exception):
    """What the batch system, or the script that starts it, said."""


def wait_until(condition: Callable[[], bool], deadline: float, what: str) -> None:
    """Poll until the condition holds."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise BedError(f"{what}: not in {deadline:g} s")
        time.sleep(0.05)


def is_alive(process: psutil.Process, name: str) -> bool:
    """Whether a process runs and is what it should be. A daemon that ended is a zombie until init sees to it."""
    try:
        return process.name() == name and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Bed:
    """A batch system from start() to close(). It does not outlive this process, however that ends."""

    #: The scripts are `<name>-up` and `<name>-down`.
    name = ""
    settings: dict[str, str] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bed-"))
        # The daemons are not a part of any test, so they carry no mark of one.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CASA_LABEXT_")}
        self.environ = {**environ, **self.settings, "BATCH_DIR": str(self.folder)}
        self.environ |= self.exports
        # Its input ends with this process.
        self._guard = subprocess.Popen(
            ["bash", "-c", 'read -r _; "$0"; rm -rf "$BATCH_DIR"', SCRIPTS / f"{self.name}-down"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environ,
            start_new_session=True,
        )

    @property
    def exports(self) -> dict[str, str]:
        """What the batch system's commands need in the environment."""
        raise NotImplementedError

    def queue(self) -> list[dict[str, Any]]:
        """The jobs that have not ended."""
        raise NotImplementedError

    def remove_all(self) -> None:
        """Remove every job from the queue."""
        raise NotImplementedError

    def repair(self) -> None:
        """Undo what a test did to the system."""
        raise NotImplementedError

    def run(self, *command: str, deadline: float = 30) -> str:
        """The output of one of the system's own commands, whatever PATH has become."""
        try:
            done = subprocess.run(
                command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=deadline,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise BedError(f"{' '.join(command)}: no answer in {deadline:g} s") from None
        if done.returncode:
            raise BedError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def answers(self, *command: str) -> bool:
        """Whether a command succeeds."""
        try:
            self.run(*command)
        except BedError:
            return False
        return True

    def daemon(self, pid_file: str, name: str) -> psutil.Process | None:
        """A daemon, if it runs."""
        try:
            process = psutil.Process(int((self.folder / pid_file).read_text()))
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        return process if is_alive(process, name) else None

    def start(self) -> None:
        """Start the system, with an empty queue; nothing if it runs already."""
        self.run(str(SCRIPTS / f"{self.name}-up"), deadline=600)

    def stop(self) -> None:
        """Stop the system and every job."""
        self.run(str(SCRIPTS / f"{self.name}-down"), deadline=60)

    def close(self) -> None:
        """Stop the system for good."""
        assert self._guard.stdin
        self._guard.stdin.close()
        self._guard.wait(60)

    def empty(self, deadline: float = 20) -> None:
        """Wait until there are no jobs."""
        wait_until(lambda: not self.queue(), deadline, f"{self.name}: an empty queue")

    def settle(self, deadline: float = 20) -> list[dict[str, Any]]:
        """Make the system ready for the next test; the jobs that were left are removed and returned."""
        self.repair()
        try:
            self.empty(deadline)
        except BedError:
            left = self.queue()
            self.remove_all()
            return left
        return []


class HTCondorBed(Bed):
    """An HTCondor pool."""

    name = "condor"

    def __init__(self) -> None:
        self.settings = {"CONDOR_SUITE": os.environ.get("CASA_LABEXT_CONDOR_SUITE", "trixie")}
        super().__init__()
        self._configured: set[str] = set()
        self._generation = 0

    @property
    def exports(self) -> dict[str, str]:
        pool = self.folder / "condor"
        return {"PATH": f"{pool}/bin:{os.environ['PATH']}", "CONDOR_CONFIG": f"{pool}/condor_config"}

    def queue(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = json.loads(self.run("condor_q", "-allusers", "-json") or "[]")
        return jobs

    def remove_all(self) -> None:
        for force in ((), ("-forcex",)):
            if self.queue():
                self.run("condor_rm", "-all", *force)
            try:
                return self.empty(10)
            except BedError:
                pass
        raise BedError(f"condor_rm does not remove {self.queue()}")

    def configure(self, name: str, text: str) -> None:
        """Add lines to the configuration, in force on return. stop() forgets them, and so does the end of the test."""
        self._configured.add(name)
        (self.folder / "condor" / "config.d" / name).write_text(text)
        self._reconfigure()

    def unconfigure(self, name: str) -> None:
        """Take lines out of the configuration again."""
        self._configured.discard(name)
        (self.folder / "condor" / "config.d" / name).unlink(missing_ok=True)
        self._reconfigure()

    def _reconfigure(self) -> None:
        """The daemons read the configuration when they get to it: they have, when they know the new generation."""
        self._generation += 1
        generation = str(self._generation)
        (self.folder / "condor" / "config.d" / "zz-generation").write_text(f"TEST_GENERATION = {generation}\n")
        self.run("condor_reconfig")
        for daemon in CONDOR_DAEMONS:
            wait_until(lambda daemon=daemon: self._knows(daemon, generation), 20, f"condor_reconfig of the {daemon}")  # type: ignore[misc]

    def _knows(self, daemon: str, generation: str) -> bool:
        try:
            return self.run("condor_config_val", f"-{daemon}", "TEST_GENERATION").strip() == generation
        except BedError:  # not defined yet
            return False

    def stop(self) -> None:
        super().stop()
        self._configured.clear()

    def _schedd(self) -> bool:
        """Whether the schedd runs."""
        master = self.daemon("condor/master.pid", "condor_master")
        return master is not None and any(is_alive(child, "condor_schedd") for child in master.children())

    def stop_schedd(self) -> None:
        """Stop the schedd alone. The queue survives; running jobs are ended, and start again with it."""
        self.run("condor_off", "-fast", "-schedd")
        wait_until(lambda: not self._schedd(), 20, "condor_off")

    def start_schedd(self) -> None:
        """Start the schedd again."""
        self.run("condor_on", "-schedd")
        wait_until(lambda: self.answers("condor_q"), 30, "condor_on")

    def repair(self) -> None:
        if not self.daemon("condor/master.pid", "condor_master"):
            self.stop()
            self.start()
        if not self._schedd():
            self.start_schedd()
        for name in sorted(self._configured):
            self.unconfigure(name)


class SlurmBed(Bed):
    """A Slurm cluster, with PBS's commands as well."""

    name = "slurm"
    settings = {"SLURM_PBS": "1"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.environ["PATH"] += ":/usr/sbin:/sbin"

    @property
    def exports(self) -> dict[str, str]:
        return {"SLURM_CONF": str(self.folder / "slurm" / "slurm.conf")}

    def queue(self) -> list[dict[str, Any]]:
        lines = self.run("squeue", "--noheader", "--format=%i|%T|%j").splitlines()
        return [dict(zip(("id", "state", "name"), line.split("|", 2), strict=True)) for line in lines]

    def remove_all(self) -> None:
        if jobs := self.queue():
            self.run("scancel", *(job["id"] for job in jobs))
        self.empty(20)

    def _controller(self) -> psutil.Process | None:
        return self.daemon("slurm/slurmctld.pid", "slurmctld")

    def _ready(self) -> bool:
        """The controller answers, and the node takes jobs, or will as soon as it has ended others."""
        try:
            return self.run("sinfo", "--noheader", "--format=%T").strip() in ("idle", "mixed", "allocated", "completing")
        except BedError:
            return False

    def stop_controller(self) -> None:
        """Stop slurmctld. The queue survives, and jobs run on."""
        if controller := self._controller():
            controller.terminate()
            wait_until(lambda: not is_alive(controller, "slurmctld"), 20, "slurmctld's end")

    def start_controller(self) -> None:
        """Start slurmctld again, with the queue it had."""
        self.start_daemon("slurmctld")

    def start_daemon(self, name: str) -> None:
        """Start slurmctld or slurmd again, with what it knew."""
        with open(self.folder / "slurm" / "log" / f"{name}.out", "ab") as out:
            subprocess.run(
                [name],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=True,
                timeout=30,
                start_new_session=True,
            )
        wait_until(self._ready, 30, f"{name}'s start")

    def repair(self) -> None:
        if not self.daemon("slurm/slurmd.pid", "slurmd"):
            self.stop()
            self.start()
        elif not self._controller():
            self.start_controller()
