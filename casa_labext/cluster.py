"""One cluster as the server sees it: it mirrors the host's status, passes commands on, and clears up when the host is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import directories, kinds
from .forkserver import ForkServers
from .host import log, processes
from .host.errors import ClusterError, Unknown, WrongState, describe
from .host.history import History
from .host.lifecycle import CLOSE_MARGIN, FINAL_FILE, HISTORY_FILE, nothing
from .host.record import Record, Size
from .hostclient import MARGIN, HostClient, HostGone
from .launcher import launch, logs
from .snippet import client_code

#: Seconds between two tries to reach a host that does not answer.
RETRY_INTERVAL = 0.5
#: Seconds that the host's own answers take at most.
COMMAND_DEADLINE = 10.0
#: In the cluster's directory as soon as its end was asked for.
CLOSING_FILE = "closing"
#: States in which there is no host any more.
ENDED = ("failed", "close_failed")


class Cluster:
    """A cluster, from the request to its removal.

    `changed` is called after each change of what `public` returns, `removed` with the cluster and the reason when nothing is left of it;
    a reason is given only where nobody asked for the removal.
    """

    def __init__(
        self,
        record: Record,
        fork_servers: ForkServers,
        changed: Callable[[Cluster], None],
        removed: Callable[[Cluster, str | None], None],
    ) -> None:
        self.record = record
        self._fork_servers = fork_servers
        self._changed = changed
        self._removed = removed
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._client: HostClient | None = None
        self._launched = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._kind = kinds.load(record.reference)
        self._status = self._initial("starting", activity="Starting the cluster's process")
        #: The host's latest status that came.
        self._heard = 0
        self.task: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        """The state, as in openapi.yaml."""
        state: str = self._status["state"]
        return state

    @property
    def goes_on(self) -> bool:
        """Whether its host lives, and is not told to end."""
        return not self._closing and processes.alive(self.record.pid, self.record.id)

    @property
    def has_jobs(self) -> bool:
        """Whether its workers are jobs of a batch system."""
        return self._kind.has_jobs

    def start(self) -> None:
        """Start the host and follow it."""
        self._heard = 0
        self.task = asyncio.create_task(self._launch())

    def fail(self, error: ClusterError) -> None:
        """Show that it cannot be started now."""
        self._launched.set()
        self._set(**self._initial("failed", reason=error.message, hint=error.hint))

    def adopt(self, directory: Path) -> None:
        """Follow a host that another server has started, or clear up after it."""
        self._directory = directory
        self._status = self._initial("degraded", reason="Looking for the cluster's process")
        self._launched.set()
        self.task = asyncio.create_task(self._follow())
        if (directory / CLOSING_FILE).exists():
            self.close()

    @property
    def size(self) -> Size:
        """How many workers are wanted."""
        size: Size = self._status["size"]
        return size

    @property
    def scales(self) -> bool:
        """Whether it can be scaled from here."""
        return self._kind.scales(self.record)

    @property
    def counts(self) -> bool:
        """Whether it uses up something of what a user may have."""
        return self.state != "failed" and self.scales

    @property
    def scheduler(self) -> dict[str, Any]:
        """Its `address`, `dashboard_port` on this machine, and `dashboard` if that is not seen through this server; empty if unknown."""
        return self._status["scheduler"] or {}

    def public(self) -> dict[str, Any]:
        """`Cluster` in openapi.yaml, but for what other clusters and the server's address decide."""
        record, status = self.record, dict(self._status)
        scheduler = status.pop("scheduler")
        return {
            **{name: getattr(record, name) for name in ("id", "name", "kind", "profile", "created", "environment", "keep")},
            "maximum_workers": record.maximum_workers,
            "has_jobs": self._kind.has_jobs,
            "attached": self._kind.joins(record),
            "scales": self.scales,
            "trusted": self._kind.trusted(record),
            **status,
            "encrypted": scheduler["address"].startswith(("tls://", "gateway://")) if scheduler else record.encrypted,
            "connection": self._connection(scheduler["address"]) if scheduler else None,
        }

    def _connection(self, address: str) -> dict[str, Any]:
        tls = self.record.tls
        snippet = self._kind.snippet(self.record, address) or client_code(address, self.record.encryption, tls)
        return {"address": address, "snippet": snippet, "tls": asdict(tls) if tls else None}

    def rename(self, name: str) -> None:
        """Give it another name."""
        record = self.record.change(name=name)
        if self._directory:
            try:
                record.save(self._directory)
            except OSError as error:
                raise ClusterError(f"The name cannot be kept: {describe(error)}") from error
        self.record = record
        self._changed(self)

    async def scale(self, size: Size) -> None:
        """Ask for another size. WrongState unless it runs, here and in the host: a host hears of its closing a moment later."""
        if self.state not in ("running", "degraded"):
            raise WrongState(f"The cluster is {self.state}: it cannot be scaled.")
        if not self.scales:
            raise WrongState("Somebody else made the cluster: it cannot be scaled from here.")
        status = await self._command("/scale", size, deadline=self.record.timeouts.scale)
        self._hear(**status)

    async def extend(self) -> None:
        """Put off the end of an idle cluster."""
        self._hear(**await self._command("/extend", deadline=COMMAND_DEADLINE))

    async def workers(self) -> Any:
        """The connected workers, as `Worker` in openapi.yaml."""
        return await self._command("/workers", deadline=COMMAND_DEADLINE, get=True)

    async def act_on_worker(self, address: str, action: str) -> None:
        """Restart or retire a worker."""
        status = await self._command("/worker", {"address": address, "action": action}, deadline=self.record.timeouts.scale)
        self._hear(**status)

    async def history(self, after: float) -> Any:
        """What it has been through, as `History` in openapi.yaml; of a cluster that has ended all that its host wrote at the end."""
        if self.state not in ENDED:
            return await self._command(f"/history?after={quote(str(after))}", deadline=COMMAND_DEADLINE, get=True)
        try:
            return json.loads(await asyncio.to_thread((self._directory or Path("nowhere")).joinpath(HISTORY_FILE).read_text))
        except (OSError, ValueError):
            return History().told()

    async def jobs(self) -> Any:
        """The jobs, as `Job` in openapi.yaml."""
        if not self._kind.has_jobs:
            return []
        if self.state in ENDED:
            return await self._kind.left(self.record, self._directory) if self._directory else []
        return await self._command("/jobs", deadline=COMMAND_DEADLINE, get=True)

    async def act_on_job(self, job: str, action: str) -> None:
        """Cancel, release or retry a job."""
        status = await self._command("/job", {"job": job, "action": action}, deadline=self.record.timeouts.scale)
        self._hear(**status)

    async def job_logs(self, job: str) -> Any:
        """What a job has printed, as `Log` in openapi.yaml."""
        if self._kind.inquires:
            return await logs(self.record, job)
        return await asyncio.to_thread(self._kind.job_logs, self.record, self._directory, job) if self._directory else []

    async def submitted(self) -> Any:
        """What was submitted last, as `Preview` in openapi.yaml."""
        return await self._command("/submitted", deadline=COMMAND_DEADLINE, get=True)

    async def logs(self, source: str, worker: str | None = None) -> Any:
        """The logs, as `Log` in openapi.yaml; of the workers, or of one of them."""
        if source == "host":
            text = await asyncio.to_thread(log.tail, self._directory) if self._directory else ""
            return [{"name": "Cluster host", "text": text}]
        query = f"?worker={quote(worker, safe='')}" if worker else ""
        logs = await self._command(f"/logs/{source}{query}", deadline=COMMAND_DEADLINE, get=True)
        return [{"name": entry["name"], "text": entry["text"][-log.SHOWN_SIZE :]} for entry in logs]

    async def retry(self) -> None:
        """Start a failed cluster again."""
        if self.state != "failed":
            raise WrongState(f"The cluster is {self.state}: only a failed one can be started again.")
        self._set(**self._initial("starting", activity="Starting the cluster's process"))
        await self._forget()
        self._launched.clear()
        self._closing = None
        self.start()

    def close(self) -> asyncio.Task[None]:
        """Shut it down, or remove what has ended; the task that does it. Asking twice is asking once."""
        if self._closing is None or self._closing.done():
            ended = self.state in ENDED
            if self._directory and not ended:
                # A server that is killed before its host knows is followed by one that keeps the word.
                with suppress(OSError):
                    (self._directory / CLOSING_FILE).touch(mode=0o600)
            self._set(state="closing", activity="Removing" if ended else "Closing", reason=None, hint=None)
            self._closing = asyncio.create_task(self._clear_up(None) if ended else self._close())
        return self._closing

    async def _close(self) -> None:
        await self._launched.wait()
        try:
            await self._command("/close", deadline=COMMAND_DEADLINE)
        except ClusterError:
            pass  # a host that does not answer is ended below
        assert self.task
        done, _ = await asyncio.wait({self.task}, timeout=self.record.timeouts.close + CLOSE_MARGIN + processes.DEADLINE + MARGIN)
        if not done:
            await self.kill()

    async def kill(self) -> None:
        """End the host and all its processes. Following the host ends then, by itself."""
        await asyncio.to_thread(processes.end, self.record.id)

    def terminate(self) -> None:
        """Tell the host to close the cluster, without waiting for it."""
        if processes.alive(self.record.pid, self.record.id):
            os.kill(self.record.pid, signal.SIGTERM)

    async def leave(self) -> None:
        """Stop following the host, which goes on."""
        if self.task:
            self.task.cancel()
            await asyncio.wait({self.task})

    async def _launch(self) -> None:
        try:
            server = self._fork_servers.prepare(self.record)
            self._directory, record, self._process = await asyncio.to_thread(launch, self.record, server)
            self.record = record.change(name=self.record.name)  # it may have got another one meanwhile
        except Exception as error:
            self._set(state="failed", reason=f"The cluster's process could not be started: {describe(error)}", activity=None)
            return
        finally:
            self._launched.set()
        await self._follow()

    async def _follow(self) -> None:
        """Mirror the host until it is gone, then see how it ended."""
        self._client = client = HostClient(self.record.socket)
        try:
            while True:
                try:
                    async for status in client.statuses():
                        self._hear(**status)
                except HostGone:
                    pass
                # An ending host closes the connection a moment before it is gone.
                if not await asyncio.to_thread(self._wait_for_end, RETRY_INTERVAL):
                    if not self._closing:
                        self._set(state="degraded", reason="The cluster's process does not answer.", activity=None)
                    continue
                break
        except WrongState:
            self._removed(self, None)  # another server's cluster
            return
        finally:
            self._client = None  # nobody may ask it any more
            client.close()
        await self._settle()

    def _wait_for_end(self, timeout: float) -> bool:
        """Whether the host has ended, within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while processes.alive(self.record.pid, self.record.id):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        if self._process:
            self._process.poll()
        return True

    async def _settle(self) -> None:
        """The host is gone: find out why, and leave nothing behind."""
        assert self._directory
        await self.kill()
        try:
            final = json.loads(await asyncio.to_thread((self._directory / FINAL_FILE).read_text))
        except (OSError, ValueError):
            final = None
        if final and final["state"] != "closed":
            await self._show_end(final)
        elif final or (self._closing and self._kind.only_processes):
            await self._clear_up(None if self._closing else (final or {}).get("reason") or "Its process was told to end.")
        elif self.state == "starting":
            reason = await asyncio.to_thread(log.last_error, self._directory)
            await self._show_end({"state": "failed", "reason": reason or "The cluster's process ended before the cluster was there."})
        else:
            reason = "The process that owned the cluster died."
            self._set(**self._initial("lost", reason=reason, activity="Ending what is left of it"))
            await self._clear_up(reason)

    async def _show_end(self, final: dict[str, Any]) -> None:
        """A failed cluster stays to be seen; nothing of it may run on meanwhile."""
        assert self._directory
        if final["state"] == "failed":
            try:
                await self._kind.reap(self.record, self._directory)
            except Exception as error:  # whatever it is: the user must be able to try again
                words = {"reason": f"{final['reason']} {describe(error)}", "hint": getattr(error, "hint", None)}
                final = {**final, "state": "close_failed", **words}
        self._set(**{**self._initial(final["state"]), **final})

    async def _clear_up(self, reason: str | None) -> None:
        """End what the cluster left elsewhere, then forget it."""
        try:
            if self._directory:
                await self._kind.reap(self.record, self._directory)
        except Exception as error:
            self._set(**self._initial("close_failed", reason=describe(error), hint=getattr(error, "hint", None)))
            return
        await self._forget()
        self._removed(self, reason)

    async def _forget(self) -> None:
        if self._directory:
            await asyncio.to_thread(directories.remove, self._directory, self.record)
            self._directory = None

    async def _command(self, path: str, body: object = None, *, deadline: float, get: bool = False) -> Any:
        if self._client is None or self.state in ENDED:
            raise WrongState(f"The cluster is {self.state}.")
        try:
            return await self._client.command(path, body, deadline=deadline, get=get)
        except (HostGone, ClusterError) as error:
            if self.state in ("closing", *ENDED) and not isinstance(error, (Unknown, WrongState)):
                raise WrongState(f"The cluster is {self.state}.") from error
            if isinstance(error, HostGone):
                raise ClusterError("The cluster's process does not answer.") from error
            raise

    def _initial(self, state: str, **values: Any) -> dict[str, Any]:
        """The status of a cluster without a host."""
        size = self._status["size"] if hasattr(self, "_status") else self.record.size
        words = {"reason": None, "hint": None, "activity": None, **values}
        return {"state": state, "since": time.time(), "size": size, **words, **nothing(size)}

    def _hear(self, version: int, **status: Any) -> None:
        """Take over what the host says, unless it has said something newer: an answer may come later than what was pushed after it."""
        if version >= self._heard:
            self._heard = version
            self._set(**status)

    def _set(self, **values: Any) -> None:
        """Take over what is new; once it closes, a late word of the host does not open it again."""
        if self._closing and values.get("state") in ("starting", "running", "degraded"):
            values["state"] = "closing"
        if values.get("state", self.state) != self.state:
            values.setdefault("since", time.time())
        status = {**self._status, **values}
        if status != self._status:
            self._status = status
            self._changed(self)
