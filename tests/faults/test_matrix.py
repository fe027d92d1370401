"""Each process of a cluster × each fault × each phase of the cluster's life: nothing lost, nothing left.

`make faults` writes what happened to docs/faults.md: see report.py.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import product
from typing import Any

import psutil
import pytest
from conftest import cluster_processes
from test_server import Server, python
from test_server import server as server  # a fixture

from . import report
from .report import CLOSES, DIES, GOES_ON, OUTCOMES, OUTCOMES_AT_START, PHASES, STOPPED

pytestmark = pytest.mark.system

#: Seconds within which a user is told that something does not answer.
TOLD = 10
#: Seconds within which all is as it should be: closing takes ten, a worker that was killed begins again.
DEADLINE = 60

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


def cell(process: str, fault: str, phase: str) -> Any:
    """One test; make test has those that kill."""
    return pytest.param(process, fault, phase, marks=[] if fault == "SIGKILL" else pytest.mark.slow)


@pytest.mark.parametrize(("process", "fault", "phase"), [cell(*key, phase) for key, phase in product(OUTCOMES, PHASES)])
def test_fault(process: str, fault: str, phase: str, server: Callable[..., Server]) -> None:
    one = server()
    outcome = CLOSES if phase == "closing" else OUTCOMES[process, fault]
    if phase == "starting":
        outcome = OUTCOMES_AT_START.get((process, fault), outcome)
    before, after = PHASES[phase]
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": before or after}})
    path = f"clusters/{cluster['id']}"
    with ExitStack() as stack:
        notebook = None
        if phase == "starting":
            one.wait(lambda: find("host", one), DEADLINE)
        else:
            cluster = one.running(cluster["id"], before)
        if phase == "computing":
            notebook = stack.enter_context(python(cluster["connection"]["snippet"] + LOAD))
            stack.callback(notebook.kill)
            assert notebook.stdout
            assert notebook.stdout.readline() == "some\n"
        elif phase == "scaling":
            one.call("POST", f"{path}/scale", {"workers": after})
        elif phase == "closing":
            one.call("DELETE", path)

        begin = time.monotonic()
        hit(process, fault, one, path)
        if outcome == GOES_ON:
            one.running(cluster["id"], after)
            if notebook and notebook.stdout:
                assert notebook.stdout.readline() == "780\n"
            report.note(process, fault, phase, outcome, time.monotonic() - begin)
            one.call("DELETE", path)
        one.wait(lambda: gone(one, path, outcome), DEADLINE)
        if outcome != GOES_ON:
            report.note(process, fault, phase, outcome, time.monotonic() - begin)

    one.wait(lambda: cluster_processes() == {}, TOLD)
    # What the user does next works.
    another = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 0}})
    one.running(another["id"], 0)
    one.call("DELETE", f"clusters/{another['id']}")
    one.wait(lambda: one.get("clusters") == [], DEADLINE)
    assert list(one.folder.glob("runtime/casa-labext/clusters/*")) == []


def hit(process: str, fault: str, one: Server, path: str) -> None:
    """Do it, and what ends it: a server that died is started again, what was stopped goes on."""
    number = getattr(signal, fault)
    if process == "server" and number != signal.SIGSTOP:
        one.end(number)
        one.start()
        return
    found = one.wait(lambda: find(process, one), DEADLINE)
    with suppress(psutil.NoSuchProcess):  # what is closing may be quicker
        found.send_signal(number)
    if number == signal.SIGSTOP:
        begin = time.monotonic()
        if process == "host":
            one.wait(lambda: one.get(path)["state"] in ("degraded", "starting", "closing"), TOLD)
        time.sleep(max(0.0, begin + STOPPED - time.monotonic()))
        with suppress(psutil.NoSuchProcess):
            found.send_signal(signal.SIGCONT)


def find(process: str, one: Server) -> psutil.Process | None:
    """A process, as soon as it is there."""
    assert one.process
    own = psutil.Process(one.process.pid)
    if process == "server":
        return own
    hosts = [child for child in own.children() if child.pid in cluster_processes()]
    forks = [fork for host in hosts for fork in host.children()]
    found = {"host": hosts, "fork server": forks[-1:], "worker": [worker for fork in forks for worker in fork.children()]}[process]
    return found[0] if found else None


def gone(one: Server, path: str, outcome: str) -> bool:
    """Whether the cluster is no longer there; the card of one that died while it started stays until the user has seen it."""
    cluster = one.get(path)
    if cluster and outcome == DIES and cluster["state"] == "failed":
        assert "process ended" in cluster["reason"], cluster
        one.call("DELETE", path)
    clusters: list[Any] | None = one.get("clusters")
    return clusters == []
