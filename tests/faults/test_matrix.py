"""Each process × each fault × each phase of a cluster's life: nothing lost, nothing left, the truth told.

`make faults` writes what happened to docs/faults.md: see report.py. The table is in table.py.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import TEMPORARY, cluster_processes
from test_server import TOKEN, Server
from test_server import server as server  # a fixture

from . import browser, faults, places, report
from .table import CLOSES, DIES, FAILS, GOES_ON, LASTS, PHASES, STOPPED, TABLE, Row

pytestmark = [pytest.mark.system, pytest.mark.timeout(2400)]

#: Seconds within which the truth is told, and within which nothing is left.
TOLD = 10
#: What a card shows of a cluster whose process, or whose system, does not answer.
TROUBLED = ("degraded", "starting", "closing")
#: Seconds within which all is as it should be: closing takes ten, a worker that was killed begins again, Slurm waits for two minutes
#: with a job that could not be started.
DEADLINE = 300

CONFIG = """
casa-labext:
  # A command that hangs is told of when it has been given up.
  timeouts: {{command: 4}}
{more}
"""

#: 40 tasks of a quarter of a second.
LOAD = """
import time
from distributed import as_completed
def slow(number):
    time.sleep(0.25)
    return number
futures = client.map(slow, range(40))
next(as_completed(futures))
print("some", flush=True)
print(sum(client.gather(futures)), flush=True)
"""

PLACES: dict[str, type[places.Place]] = {
    "local": places.Place,
    "subprocess": places.Subprocess,
    "slurm": places.Slurm,
    "htcondor": places.HTCondor,
}


def series(row: Row, fault: str) -> Any:
    """One test, of all phases; make test has those that kill a process of this machine."""
    short = row.place == "local" and fault == "SIGKILL"
    return pytest.param(row, fault, id=f"{row.place}-{row.process}-{fault}", marks=[] if short else pytest.mark.slow)


class Scene:
    """A server and a browser, to whose clusters something is done."""

    def __init__(self, row: Row, fault: str, place: places.Place, make: Callable[..., Server], stack: ExitStack) -> None:
        self.row, self.fault, self.place, self._stack = row, fault, place, stack
        #: The runtime directory and the one for temporary files, which are disks of their own if one is to be full.
        self.runtime, self.scratch = (Path(tempfile.mkdtemp(prefix="disk-", dir=TEMPORARY)) for _ in range(2))
        self.disk = self.scratch if row.process == "worker" else self.runtime
        if fault == "disk full":
            stack.enter_context(faults.small_disk(self.disk))
        config = self.runtime.parent / f"{self.runtime.name}.yaml"
        config.write_text(CONFIG.format(more=place.config))
        self.environ = {"DASK_CONFIG": str(config), "JUPYTER_RUNTIME_DIR": str(self.runtime), "TMPDIR": str(self.scratch)}
        if fault == "clock jump":
            self.clock = faults.Clock(self.runtime)
            self.environ |= self.clock.environ
        self.server = make(**self.environ)
        #: Jobs that the user has retried.
        self.retried: set[str] = set()
        self._screen = self.runtime.parent / f"{self.runtime.name}.screen"
        self.open_browser()

    def open_browser(self) -> None:
        """Show the panel."""
        url = self.server.url.replace("http", "ws", 1) + "casa-labext/api/stream"
        with self._screen.open("ab") as screen:
            self.browser = subprocess.Popen([sys.executable, browser.__file__, url, TOKEN], stdout=screen)
        self._stack.callback(end, self.browser)

    def screen(self) -> Any:
        """What the panel shows now."""
        lines = self._screen.read_text().splitlines()
        return json.loads(lines[-1]) if lines else None

    def create(self, workers: int) -> Any:
        request = {"profile": self.place.profile, "size": {"workers": workers}, "options": self.place.options}
        return self.server.call("POST", "clusters", request)

    def compute(self, code: str) -> subprocess.Popen[str]:
        """A notebook that computes."""
        notebook = subprocess.Popen(
            [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, **self.environ}
        )
        self._stack.callback(end, notebook)
        return notebook

    def victim(self, cluster_id: str) -> psutil.Process | None:
        """The process in question, as soon as it is there; None for what happens to the whole machine."""
        if self.fault in ("disk full", "clock jump"):
            return None
        # A cluster starts when it has its host.
        self.server.wait(lambda: places.host(self.runtime / "casa-labext" / "clusters" / cluster_id), DEADLINE)
        own = {"server": self.server.process, "browser": self.browser}.get(self.row.process)
        found: psutil.Process = psutil.Process(own.pid) if own else self.server.wait(lambda: self._find(cluster_id), DEADLINE)
        return found

    def _find(self, cluster_id: str) -> psutil.Process | None:
        host = places.host(self.runtime / "casa-labext" / "clusters" / cluster_id)
        if host is None or self.row.process == "host":
            return host
        try:
            found = self.place.find(self.row.process, host)
        except psutil.NoSuchProcess:  # one that has ended meanwhile
            return None
        return found[0] if found else None

    def suffer(self, victim: psutil.Process | None) -> tuple[AbstractContextManager[None], float]:
        """The fault, and how long it lasts in seconds."""
        own = self.row.process in ("server", "browser")
        if self.fault == "clock jump":
            return self.clock.jumped(), LASTS
        if self.fault == "disk full":
            return faults.full_disk(self.disk), LASTS
        assert victim
        if self.fault == "network cut":
            server = {int(self.server.url.split(":")[2].split("/")[0])}
            return faults.cut_network(server if own else self.server.wait(lambda: faults.ports(victim), DEADLINE)), LASTS
        number = getattr(signal, self.fault)
        restarts = {"server": self.restart_server, "browser": self.restart_browser}
        restart = restarts.get(self.row.process) or self.place.restart(self.row.process)
        lasts = STOPPED if number == signal.SIGSTOP else LASTS if restart and not own else 0.0
        return faults.signalled(number, victim, restart), lasts

    def restart_server(self) -> None:
        assert self.server.process
        self.server.process.wait(30)
        self.server.start()
        self.restart_browser()

    def restart_browser(self) -> None:
        end(self.browser)
        self.open_browser()

    def truth(self) -> Any:
        """What the panel must show."""
        clusters = self.server.get("clusters")
        return clusters if clusters is None else {cluster["id"]: [cluster["state"], cluster["workers"]["running"]] for cluster in clusters}

    def explain(self, error: object, *_: object) -> None:
        """Print what is known if the test fails."""
        if error:
            print(json.dumps(self.server.get("clusters"), indent=1), self.screen())
            for log in self.runtime.glob("casa-labext/clusters/*/host.log"):
                print(log.read_text()[-5000:])

    def nothing_left(self) -> None:
        self.server.wait(lambda: cluster_processes() == {}, TOLD)
        assert list(self.runtime.glob("casa-labext/clusters/*")) == []
        assert {path.name for path in self.scratch.iterdir()} <= self.place.shared
        # A batch system whose daemons were down has to hear of it itself.
        self.server.wait(lambda: self.place.left() == [], DEADLINE)


@pytest.fixture
def place(row: Row, request: pytest.FixtureRequest) -> places.Place:
    """Where the cluster of a row is."""
    kind = PLACES[row.place]
    if issubclass(kind, places.Batch):
        return kind(request.getfixturevalue(row.place))
    return kind()


@pytest.mark.parametrize(("row", "fault"), [series(row, fault) for row in TABLE for fault in row.outcomes])
def test_fault(row: Row, fault: str, place: places.Place, server: Callable[..., Server]) -> None:
    with ExitStack() as stack:
        here = Scene(row, fault, place, server, stack)
        # That the next phase begins shows each time that what the user does next works.
        stack.push(here.explain)
        for phase in PHASES:
            seconds = happens(here, phase)
            here.nothing_left()
            report.note(row, fault, phase, row.outcome(fault, phase), seconds)
        cluster = here.create(0)
        here.server.running(cluster["id"], 0)
        here.server.call("DELETE", f"clusters/{cluster['id']}")
        here.server.wait(lambda: here.server.get("clusters") == [], DEADLINE)
        here.nothing_left()


def happens(here: Scene, phase: str) -> float:
    """One cell of the table: a cluster is in a phase, something happens, and all is as it should be afterwards; in how many seconds."""
    outcome = here.row.outcome(here.fault, phase)
    before, after = PHASES[phase]
    one = here.server
    cluster = here.create(before or after)
    path = f"clusters/{cluster['id']}"
    notebook = None
    if phase != "starting":
        one.wait(lambda: runs(here, path, before), DEADLINE)
        cluster = one.get(path)
    victim = here.victim(cluster["id"])
    if phase == "computing":
        notebook = here.compute(cluster["connection"]["snippet"] + LOAD)
        assert notebook.stdout
        assert notebook.stdout.readline() == "some\n"
    elif phase == "scaling":
        one.call("POST", f"{path}/scale", {"workers": after})
    elif phase == "closing":
        one.call("DELETE", path)

    begin = time.monotonic()
    happening, lasts = here.suffer(victim)
    with happening:
        if lasts:
            watch(here, path, phase, begin + lasts)
    recover(here, path, outcome, after, notebook)
    seconds = time.monotonic() - begin
    one.wait(lambda: here.screen() == here.truth(), TOLD)
    if outcome == GOES_ON:
        one.call("DELETE", path)
        one.wait(lambda: gone(one, path, CLOSES), DEADLINE)
    return seconds


def watch(here: Scene, path: str, phase: str, until: float) -> None:
    """While a fault lasts: the truth is told in time."""
    one = here.server
    if here.row.process in ("server", "browser") and here.fault in ("SIGSTOP", "network cut"):
        if here.row.process == "server" or here.fault == "network cut":
            one.wait(lambda: here.screen() is None, TOLD)
    elif (here.fault, phase) in here.row.told:
        one.wait(lambda: (cluster := one.get(path)) is None or cluster["state"] in TROUBLED, TOLD)
        one.wait(lambda: here.screen() == here.truth(), TOLD)
    time.sleep(max(0.0, until - time.monotonic()))


def recover(here: Scene, path: str, outcome: str, workers: int, notebook: subprocess.Popen[str] | None) -> None:
    """Wait until all is as it should be after a fault."""
    one = here.server
    if outcome != GOES_ON:
        one.wait(lambda: gone(one, path, outcome), DEADLINE)
        return
    # A fault may not be noticed yet: what was computed tells.
    one.wait(lambda: runs(here, path, workers) and (notebook is None or notebook.poll() is not None), DEADLINE)
    if notebook and notebook.stdout:
        assert notebook.stdout.readline() == "780\n"


def runs(here: Scene, path: str, workers: int) -> bool:
    """Whether a cluster runs; what does not come by itself, and says so, is tried again by its user."""
    one = here.server
    cluster = one.get(path)
    if cluster and here.fault == "disk full" and cluster["state"] == "failed":
        assert "No space left" in cluster["reason"], cluster
        one.call("POST", f"{path}/retry")
    elif cluster and here.fault == "disk full" and cluster["state"] == "degraded" and cluster["hint"]:
        assert "see the log" in cluster["reason"], cluster
        one.call("POST", f"{path}/scale", {"workers": workers})
    elif cluster and (here.row.process, here.fault, cluster["state"]) == ("host", "SIGSTOP", "failed"):
        assert "Timed out" in cluster["reason"], cluster  # it was about to connect to its scheduler
        one.call("POST", f"{path}/retry")
    elif cluster and here.row.process == "startd" and cluster["reason"]:
        for job in one.get(f"{path}/jobs"):
            if "retry" in job["actions"] and not job["workers"] and job["id"] not in here.retried:
                here.retried.add(job["id"])
                one.call("POST", f"{path}/jobs/{job['worker']}/retry")
    return bool(cluster) and (cluster["state"], cluster["workers"]["running"]) == ("running", workers)


def gone(one: Server, path: str, outcome: str) -> bool:
    """Whether the cluster is no longer there.

    The card of one that died while it started, or whose scheduler did, stays until the user has seen it. One that could not be closed,
    because of what does not answer, is closed again.
    """
    cluster = one.get(path)
    words = {DIES: "process ended", FAILS: "scheduler"}.get(outcome, "nothing")
    told = cluster and cluster["state"] in ("failed", "degraded") and words in f"{cluster['reason']} {cluster['hint']}".lower()
    if cluster and (told or cluster["state"] == "close_failed"):
        one.call("DELETE", path)
    clusters: list[Any] | None = one.get("clusters")
    return clusters == []


def end(process: subprocess.Popen[Any]) -> None:
    """End a process of the test."""
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
