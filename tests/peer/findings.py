"""What was found wrong in dask-labextension 7.0.0: each finding looks at a server with either extension.

A finding is a generator: of what it looked at, and whether that was as it should be. What must hold for either, so that there is
something to look at, is asserted.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psutil

from bench.jupyter import Server

from .sides import Request, Side

#: Seconds for what works and takes its time, on a machine that has much else to do.
DEADLINE = 120
#: Seconds within which a server must answer, and a user be told.
SOON = 20
#: Seconds after which a change that nobody asked for would be seen.
LATER = 10

Looks = Iterator[tuple[str, bool]]

#: What both read as their configuration: we take over the peer's section.
FACTORY = """
labextension:
  factory:
    module: {module}
    class: {name}
    args: []
    kwargs: {kwargs}
  default: {default}
  initial: {initial}
"""
MODEST = "n-workers: 0, threads-per-worker: 1, host: 127.0.0.1, dashboard-address: '127.0.0.1:0'"


def factory(
    name: str = "LocalCluster", module: str = "dask.distributed", kwargs: str = MODEST, default: str = "{workers: 0}", initial: str = "[]"
) -> str:
    """A configuration with a factory."""
    return FACTORY.format(name=name, module=module, kwargs=f"{{{kwargs}}}", default=default, initial=initial)


@dataclass(frozen=True)
class Finding:
    """One finding."""

    name: str
    look: Callable[[Side, Server], Looks]
    #: dask's configuration; nothing is configured if empty.
    configuration: str
    #: The profile with which we make the same.
    profile: str


FINDINGS: list[Finding] = []


def finding(configuration: str = "", profile: str = "") -> Callable[[Callable[[Side, Server], Looks]], Callable[[Side, Server], Looks]]:
    """Note a finding; our `profile` is the factory's if there is one."""

    def note(look: Callable[[Side, Server], Looks]) -> Callable[[Side, Server], Looks]:
        FINDINGS.append(Finding(look.__name__, look, configuration, profile or ("labextension" if configuration else "local")))
        return look

    return note


def soon(condition: Callable[[], bool], seconds: float = SOON) -> bool:
    """Whether something becomes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def status(server: Server, request: Request, timeout: float = DEADLINE) -> int:
    """The status of an answer; 0 if there is none in time."""
    try:
        return server.ask(*request, timeout=timeout)[0]
    except TimeoutError:
        return 0


def running(side: Side, server: Server, workers: int | None = None) -> str:
    """A cluster that runs, perhaps with so many connected workers; its id."""
    code, answer = server.ask(*side.creating(), timeout=DEADLINE)
    assert code < 300, answer
    cluster_id: str = json.loads(answer)["id"]
    assert soon(lambda: side.is_well(server, cluster_id), DEADLINE)
    if workers is not None:
        assert status(server, side.scaling(cluster_id, workers)) == 200
        assert soon(lambda: side.workers(server, cluster_id) == workers, DEADLINE)
    return cluster_id


def client(connection: dict[str, Any], code: str, *, with_files: bool = True) -> subprocess.CompletedProcess[str]:
    """Run code with a client that has what the extension tells of a cluster, or its address alone."""
    tls = connection["tls"] if with_files else None
    files = {"tls_ca_file": tls["ca"], "tls_client_cert": tls["cert"], "tls_client_key": tls["key"]} if tls else None
    program = f"""
from distributed import Client, Security
files = {files!r}
client = Client({connection["address"]!r}, security=Security(require_encryption=True, **files) if files else None, timeout=10)
{code}
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=DEADLINE, check=False)


def scheduler(server: Server, side: Side, cluster_id: str) -> psutil.Process:
    """The process that listens on a scheduler's port."""
    port = int(side.connection(server, cluster_id)["address"].rpartition(":")[2])
    return next(
        psutil.Process(c.pid) for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr and c.laddr.port == port and c.pid
    )


# What is wrong in a request


@finding(factory())
def wrong_sizes_are_refused(side: Side, server: Server) -> Looks:
    """Strings, nothing, fractions, truth values and negative numbers are 500 with Python's words, or accepted."""
    cluster_id = running(side, server, workers=1)
    for workers in ("3", None, 2.5, True, -1):
        yield f"workers: {workers!r}", 400 <= status(server, side.scaling(cluster_id, workers)) < 500
    yield "minimum > maximum", 400 <= status(server, side.adapting(cluster_id, 3, 1)) < 500
    yield "a million", 400 <= status(server, side.adapting(cluster_id, 0, 1_000_000)) < 500


@finding()
def an_unknown_cluster_is_not_found(side: Side, server: Server) -> Looks:
    """500."""
    nobody = "01234567-89ab-cdef-0123-456789abcdef"
    for request in (side.closing(nobody), side.scaling(nobody, 1)):
        yield request[0], status(server, request) == 404


# Sizes


@finding(factory())
def a_fixed_size_ends_adaptive_scaling(side: Side, server: Server) -> Looks:
    """PEER.md 4: the workers are gone after some seconds."""
    cluster_id = running(side, server)
    assert status(server, side.adapting(cluster_id, 0, 2)) == 200
    assert status(server, side.scaling(cluster_id, 2)) == 200
    assert soon(lambda: side.workers(server, cluster_id) > 0, DEADLINE)
    soon(lambda: side.workers(server, cluster_id) == 2)
    yield "the workers", not soon(lambda: side.workers(server, cluster_id) < 2, LATER)


@finding(factory())
def the_same_bounds_twice_are_adaptive_scaling(side: Side, server: Server) -> Looks:
    """The cluster is adaptive no more, as it says."""
    cluster_id = running(side, server)
    for _ in range(2):
        assert status(server, side.adapting(cluster_id, 1, 2)) == 200
    yield "what is told", side.is_adaptive(server, cluster_id)


@finding(factory(kwargs=f"{MODEST}, preload: ['import time; time.sleep(15)']"))
def workers_that_have_not_come_can_be_cancelled(side: Side, server: Server) -> Looks:
    """PEER.md 10: scaled to 0 while there is none, they come all the same."""
    cluster_id = running(side, server)
    assert status(server, side.scaling(cluster_id, 1)) == 200
    assert status(server, side.scaling(cluster_id, 0)) == 200
    yield "no worker", not soon(lambda: side.workers(server, cluster_id) > 0, 60)


@finding()
def a_machine_has_no_more_memory_than_it_has(side: Side, server: Server) -> Looks:
    """70 GiB on a machine with 24."""
    cluster_id = running(side, server, workers=3)
    memory = json.loads(server.ask(*side.looking(cluster_id))[1])["memory"]
    told = memory["limit"] if isinstance(memory, dict) else float(memory.split()[0]) * 2**30
    yield f"{told / 2**30:.1f} GiB", told < psutil.virtual_memory().total * 1.05


# Starts and ends


@finding(factory())
def of_two_creates_at_once_none_is_lost(side: Side, server: Server) -> Looks:
    """PEER.md 9: two with one id are both answered with 200, and one is listed."""
    request = side.creating()
    with ThreadPoolExecutor(2) as pool:
        made = [code for code in pool.map(lambda _: status(server, request), range(2)) if 200 <= code < 300]
    yield "the list", len(side.ids(server)) == len(made)


@finding(factory(name="HangsInStart", module="tests.factories"))
def a_start_that_hangs_is_answered(side: Side, server: Server) -> Looks:
    """PEER.md 11: the request is never answered."""
    yield "the answer", status(server, side.creating(), SOON) > 0


@finding(factory(name="BlocksInConstructor", module="tests.factories"))
def a_start_that_blocks_leaves_the_server_free(side: Side, server: Server) -> Looks:
    """Nobody is answered meanwhile."""
    status(server, side.creating(), 1)
    yield "the server", status(server, ("GET", "api/status", None), SOON) == 200
    server.kill()  # it would not stop


@finding(factory(name="HangsInClose", module="tests.factories"))
def an_end_that_hangs_is_answered(side: Side, server: Server) -> Looks:
    """The request is never answered."""
    cluster_id = running(side, server)
    yield "the answer", status(server, side.closing(cluster_id), SOON) > 0


@finding(factory(default="{workers: many}"))
def a_failed_start_leaves_nothing(side: Side, server: Server) -> Looks:
    """PEER.md 9: 500, and its scheduler lives, unlisted."""
    yield "the answer", status(server, side.creating()) < 500
    listens = {c.laddr.port for process in server.processes() for c in process.net_connections("tcp") if c.status == "LISTEN"}
    yield "what listens", listens == {server.port} or bool(side.ids(server))


@finding(factory())
def a_cluster_that_a_notebook_shut_down_is_not_well(side: Side, server: Server) -> Looks:
    """It is listed with its worker for ever."""
    cluster_id = running(side, server, workers=1)
    done = client(side.connection(server, cluster_id), "client.shutdown()")
    assert done.returncode == 0, done.stderr
    yield "what is told", soon(lambda: not side.is_well(server, cluster_id))


@finding(factory(name="SubprocessCluster", module="distributed", kwargs=""))
def a_cluster_whose_scheduler_was_killed_is_not_well(side: Side, server: Server) -> Looks:
    """It is listed as if nothing had happened."""
    cluster_id = running(side, server, workers=1)
    scheduler(server, side, cluster_id).send_signal(signal.SIGKILL)
    yield "what is told", soon(lambda: not side.is_well(server, cluster_id))


@finding(factory())
def clusters_outlive_a_server_that_was_killed(side: Side, server: Server) -> Looks:
    """PEER.md 6: they die with it."""
    cluster_id = running(side, server, workers=1)
    server.kill()
    server.start()
    yield "the cluster", soon(lambda: cluster_id in side.ids(server))


@finding(factory(name="SubprocessCluster", module="distributed", kwargs=""))
def what_outlives_a_killed_server_is_known_to_the_next(side: Side, server: Server) -> Looks:
    """All processes live, and no server knows them."""
    cluster_id = running(side, server, workers=1)
    process = scheduler(server, side, cluster_id)
    server.kill()
    server.start()
    yield "a scheduler", soon(lambda: cluster_id in side.ids(server) or not process.is_running())


# What is told


@finding(factory(initial="[{name: first, workers: many}]"))
def a_wrong_initial_cluster_is_told(side: Side, server: Server) -> Looks:
    """PEER.md 7: nothing is said."""
    yield "what is told", soon(lambda: any(word in side.told(server) for word in ("many", "initial", "autostart")))


@finding(factory(default="[{workers: 1}]"))
def a_wrong_default_is_told(side: Side, server: Server) -> Looks:
    """PEER.md 8: it is dropped without a word."""
    yield "what is told", soon(lambda: "labextension.default" in side.told(server))


@finding(
    factory(name="SLURMCluster", module="dask_jobqueue", kwargs="cores: 1, memory: 500MiB, queue: nowhere, interface: lo", default="{}")
)
def a_refused_submission_is_told(side: Side, server: Server) -> Looks:
    """PEER.md 2: nothing is said."""
    cluster_id = running(side, server)
    status(server, side.scaling(cluster_id, 1))
    yield "what is told", soon(lambda: "invalid partition" in side.told(server).lower())


@finding()
def looking_is_no_activity(side: Side, server: Server) -> Looks:
    """PEER.md 12: an open panel keeps a server from being culled."""
    before = server.get("api/status")["last_activity"]
    side.watch(server, 5)
    yield "the last activity", server.get("api/status")["last_activity"] == before


@finding(factory(kwargs="n-workers: 0, host: 127.0.0.2, dashboard-address: ':0'"))
def dashboards_of_other_addresses_are_shown(side: Side, server: Server) -> Looks:
    """PEER.md 3: 403 for all but localhost."""
    cluster_id = running(side, server)
    yield "the page", status(server, ("GET", side.dashboard(server, cluster_id), None)) == 200


@finding(factory(kwargs=f"{MODEST}, security: true"), profile="local")
def what_is_told_is_enough_to_connect(side: Side, server: Server) -> Looks:
    """PEER.md 5: of an encrypted cluster only the address is told."""
    cluster_id = running(side, server)
    done = client(side.connection(server, cluster_id), "print(client.scheduler_info()['id'])")
    yield "a client", done.returncode == 0


# Who may


@finding()
def nobody_without_credentials_runs_code(side: Side, server: Server) -> Looks:
    """Any local process can run code, even in the Jupyter server."""
    cluster_id = running(side, server)
    connection = side.connection(server, cluster_id)
    connection["address"] = connection["address"].replace("tls://", "tcp://")
    done = client(connection, "import os; print(client.run_on_scheduler(os.getpid))", with_files=False)
    yield "a stranger", done.returncode != 0
    assert server.process
    yield "the server's process", done.stdout.strip() != str(server.process.pid)


@finding()
def nothing_listens_for_other_machines(side: Side, server: Server) -> Looks:
    """Dashboards listen on all addresses."""
    running(side, server)
    addresses = {c.laddr.ip for process in server.processes() for c in process.net_connections("inet") if c.status == "LISTEN"}
    yield f"{addresses}", addresses <= {"127.0.0.1", "::1"}


@finding()
def no_address_of_a_client_is_asked(side: Side, server: Server) -> Looks:
    """PEER.md 16: the server asks whatever address a page names."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LATER)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/status"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(status, server, side.fetching(url))
            try:
                listening.accept()[0].close()
                asked = True
            except TimeoutError:
                asked = False
        answer.result()
    yield "a request", not asked
