"""All clusters of one server, and what can be launched."""

from __future__ import annotations

import asyncio
import atexit
import logging
import socket
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from . import dashboardlink, diagnosis, encryption, kernels, kinds, launcher, profiles, records
from .availability import Availability
from .cluster import Cluster
from .daskconfig.page import ConfigurationPage
from .discovery import Discovery
from .environments import Environment, Environments
from .forkserver import ForkServers
from .host.errors import ClusterError, Unknown, WrongRequest, WrongState, describe
from .host.record import Record, Size
from .kinds.base import Options
from .message import Message
from .profiles import Configuration, Problem, Profile
from .schemas import check_size, whole_jobs

#: Seconds in which the server closes its clusters when it stops; afterwards their processes are ended.
STOP_DEADLINE = 6.0
#: Seconds to see them gone and to remove what they had on disk.
KILL_DEADLINE = 2.0
#: Seconds for what dead hosts left to be cleared up, before it is seen which clusters are still there.
CLEAR_DEADLINE = 60.0
#: Seconds that what dask's configuration says is good for: a user may be mending it.
CONFIGURATION_LIFETIME = 1.0

Listener = Callable[[Message], None]


class Registry:
    """The clusters by their id; tells listeners what changes."""

    def __init__(self, base_url: str, cwd: str, environments: Environments, log: logging.Logger) -> None:
        self._base_url = base_url
        self._cwd = cwd
        self.environments = environments
        self.configuration_page = ConfigurationPage(environments)
        self._log = log
        self._clusters: dict[str, Cluster] = {}
        self._configuration: Configuration | None = None
        #: The sizes that are being asked for.
        self._asked: dict[str, Size] = {}
        self._availability = Availability()
        self.listeners: set[Listener] = set()
        #: The cluster that kernels find with a bare `Client()`.
        self.default: Cluster | None = None
        self._beginning: asyncio.Task[Any] | None = None
        self._fork_servers = ForkServers()
        atexit.register(self._at_exit)

    def all(self) -> list[dict[str, Any]]:
        """The clusters, oldest first."""
        clusters = sorted(self._clusters.values(), key=lambda cluster: cluster.record.created)
        return [self.public(cluster) for cluster in clusters]

    def public(self, cluster: Cluster) -> dict[str, Any]:
        """`Cluster` in openapi.yaml."""
        public = cluster.public()
        scheduler = cluster.scheduler
        port = scheduler.get("dashboard_port")
        template = self._configuration.dashboard_link if self._configuration else None
        return {
            **public,
            "default": cluster is self.default,
            "dashboard": scheduler.get("dashboard") or (dashboardlink.link(template, self._base_url, port) if port else None),
        }

    def has_address(self, address: str) -> bool:
        """Whether the scheduler at an address of this machine is that of a cluster here."""
        own = [connection["address"] for cluster in self._clusters.values() if (connection := cluster.public()["connection"])]
        asked = [cluster.record.options.get("address") for cluster in self._clusters.values()]
        return any(str(other).rpartition(":")[2] == address.rpartition(":")[2] for other in [*own, *asked])

    async def environments_for(self, profile_name: str | None) -> list[Environment]:
        """The environments that there are for a profile; a form is being filled in, and what its host needs begins to be imported."""
        profile = (await self.configuration()).profiles.get(profile_name or "")
        if profile:
            with suppress(ClusterError, OSError):
                record, profile = await self._record({"profile": profile.name})
                self._fork_servers.prepare(record.change(encryption=await self._encryption(profile, record.options)))
        return await self.environments.all(profile.kind.package if profile else None)

    def make_default(self, cluster: Cluster | None) -> None:
        """Let kernels find a cluster from now on. ClusterError if they could not use it."""
        before = self.default
        if cluster:
            connection = cluster.public()["connection"]
            if connection is None:
                raise WrongState(f"The cluster is {cluster.state}: it has no scheduler.")
            if cluster.record.encryption == "overridden":
                raise WrongState("The cluster goes without the encryption that dask's configuration names: a client must be told so.")
            if kinds.load(cluster.record.reference).snippet(cluster.record, connection["address"]):
                raise WrongState("A bare Client() cannot connect to it: the code on its card is needed.")
            kernels.set_default(cluster.record.id, connection)
        else:
            kernels.unset_default()
        self.default = cluster
        for changed in {before, cluster} - {None}:
            assert changed
            self._on_changed(changed)

    def get(self, cluster_id: str) -> Cluster:
        """The cluster with an id; Unknown if there is none."""
        try:
            return self._clusters[cluster_id]
        except KeyError:
            raise Unknown("There is no such cluster.") from None

    async def configuration(self, *, fresh: bool = False) -> Configuration:
        """What can be launched; read in another process, since a dask configuration can break or block the import of dask."""
        if self._configuration is None or fresh:
            try:
                answer = await asyncio.shield(self.environments.probe(sys.executable, lifetime=CONFIGURATION_LIFETIME))
            except (OSError, ValueError, asyncio.TimeoutError) as error:
                answer = {"config": {}, "error": describe(error)}
            # In a thread: it looks through all installed packages for kinds.
            self._configuration = await asyncio.to_thread(profiles.configuration, answer)
            if answer["error"]:
                self._configuration.problems.insert(0, Problem("dask", answer["error"]))
        return self._configuration

    async def offer(self) -> dict[str, Any]:
        """`Profiles` in openapi.yaml."""
        configuration = await self.configuration(fresh=True)
        offered = configuration.profiles.values()
        looked_at = await asyncio.gather(*map(self._availability.of, offered))
        return {
            "profiles": [profile.public(reason) for profile, reason in looked_at],
            "problems": [asdict(problem) for problem in configuration.problems],
        }

    async def create(self, request: dict[str, Any], *, show_failure: bool = False) -> Cluster:
        """Start a cluster, as `ClusterRequest` in openapi.yaml has it. WrongRequest if it asks for what there is not.

        `show_failure`: what cannot be started now is a failed cluster, to be tried again, instead of an error.
        """
        record, profile = await self._record(request)
        failure = None
        try:
            record = await self._launchable(record, profile)
            self._check_limits(record)  # last: nothing else is added meanwhile
        except ClusterError as error:
            if not show_failure:
                raise
            failure = error
        cluster = self._add(record)
        if failure:
            cluster.fail(failure)
        else:
            cluster.start()
        return cluster

    async def scale(self, cluster: Cluster, size: Size) -> None:
        """Ask for another size of a cluster."""
        check_size(size, cluster.record.maximum_workers, field="", together=_together(cluster.record))
        self._check_limits(cluster.record, size)
        self._asked[cluster.record.id] = size
        try:
            await cluster.scale(size)
        finally:
            self._asked.pop(cluster.record.id, None)

    def _check_limits(self, record: Record, size: Size | None = None) -> None:
        """ClusterError if a cluster, new or of another size, is more than the operator allows a user."""
        if self._configuration is None or not kinds.load(record.reference).scales(record):
            return
        limits = self._configuration.limits
        others = [cluster for cluster in self._clusters.values() if cluster.record.id != record.id and cluster.counts]
        if size is None and limits["clusters"] and len(others) >= limits["clusters"]:
            raise WrongState(f"The limit is {limits['clusters']} at a time: shut a cluster down first.")
        wanted = _most(record, size or record.size)
        used = sum(
            max(_most(cluster.record, size) for size in (cluster.size, self._asked.get(cluster.record.id, cluster.size)))
            for cluster in others
        )
        if limits["workers"] and wanted + used > limits["workers"]:
            raise WrongRequest(
                f"At most {limits['workers']} workers at a time are allowed, and your other clusters have {used}.", field="size"
            )

    async def retry(self, cluster: Cluster) -> None:
        """Start a failed cluster again, if it can be started now."""
        profile = (await self.configuration(fresh=True)).profiles.get(cluster.record.profile)
        if profile and cluster.state == "failed":
            profile, _ = await self._availability.of(profile)
            # What was not known when it was asked for may be known now.
            asked = {name: value for name, value in cluster.record.options.items() if name not in profile.fixed}
            record = cluster.record.change(options=profile.options(asked)) if profile.kind.inquires else cluster.record
            record = await self._launchable(record, profile)
            self._check_limits(record)
            cluster.record = record
        await cluster.retry()

    async def _launchable(self, record: Record, profile: Profile) -> Record:
        """The record of a cluster that can be launched now; ClusterError if it cannot."""
        _, error = await self._availability.of(profile)
        if error:
            raise error
        return record.change(encryption=await self._encryption(profile, record.options))

    async def preview(self, request: dict[str, Any]) -> str | None:
        """What would be submitted for each job of a cluster; None if nothing."""
        record, profile = await self._record(request)
        record = record.change(encryption=await self._encryption(profile, record.options))
        return await launcher.preview(record) if profile.kind.has_jobs else None

    async def diagnose(self, cluster: Cluster) -> dict[str, Any]:
        """`Diagnosis` in openapi.yaml."""
        wrong: list[tuple[str, str]] = []
        if cluster.record.encryption == "configured":
            configuration = await self.configuration(fresh=True)
            wrong = await asyncio.to_thread(encryption.problems, configuration.comm)
        return await diagnosis.diagnose(cluster, wrong)

    async def _record(self, request: dict[str, Any]) -> tuple[Record, Profile]:
        configuration = await self.configuration()
        profile = configuration.profiles.get(request["profile"])
        if profile is None:
            raise WrongRequest(f"There is no profile {request['profile']!r}.", field="profile")
        profile, _ = await self._availability.of(profile)
        size: Size = request.get("size", profile.size)
        options = profile.options(request.get("options", {}))
        check_size(size, profile.maximum_workers, together=profile.kind.together(options))
        environment = await self.environments.get(request.get("environment"))
        record = Record(
            id=uuid.uuid4().hex,
            name=request.get("name") or self._new_name(profile.title),
            kind=profile.kind_name,
            reference=profile.reference,
            profile=profile.name,
            options=options,
            settings=profile.settings,
            size=size,
            maximum_workers=profile.maximum_workers,
            environment=environment.name,
            python=environment.python,
            environ=environment.environ,
            pass_environment=profile.pass_environment,
            created=time.time(),
            keep=request.get("keep", False),
            encryption="off",  # decided by _encryption
            hostname=socket.gethostname(),
            cwd=self._cwd,
            timeouts=replace(configuration.timeouts, close=configuration.timeouts.close + profile.kind.extra_time_to_close),
        )
        return record, profile

    async def _encryption(self, profile: Profile, options: Options) -> str:
        """`Record.encryption`. WrongRequest if the certificates that dask's configuration names are no good."""
        configuration = await self.configuration()
        chosen = profile.kind.encryption(options, profile.settings, configuration.comm)
        if chosen == "configured":
            for where, message in await asyncio.to_thread(encryption.problems, configuration.comm):
                raise WrongRequest(
                    f"{where}: {message}", field="options.encryption", hint="Mend it, or do without encryption for this cluster."
                )
        return chosen

    def _new_name(self, title: str) -> str:
        names = {cluster.record.name for cluster in self._clusters.values()}
        number = 1
        while (name := title if number == 1 else f"{title} {number}") in names:
            number += 1
        return name

    def _add(self, record: Record) -> Cluster:
        cluster = Cluster(record, self._fork_servers, self._on_changed, self._on_removed)
        self._clusters[record.id] = cluster
        self._on_changed(cluster)
        return cluster

    def _on_changed(self, cluster: Cluster) -> None:
        if cluster is self.default and cluster.public()["connection"] is None:
            self.make_default(None)
            return
        self._tell(Message(cluster.record.id, {"type": "cluster", "cluster": self.public(cluster)}))

    def _on_removed(self, cluster: Cluster, reason: str | None) -> None:
        if cluster is self.default:
            self.make_default(None)
        if self._clusters.pop(cluster.record.id, None):
            if reason:
                self._log.warning("Cluster %s (%s) is gone: %s", cluster.record.name, cluster.record.id, reason)
            content = {"type": "removed", "id": cluster.record.id, "name": cluster.record.name, "reason": reason}
            self._tell(Message(cluster.record.id, content))

    def _tell(self, message: Message) -> None:
        for listener in list(self.listeners):
            listener(message)

    async def begin(self) -> None:
        """What is to be done when the server is up, until it stops."""
        self._beginning = asyncio.current_task()
        await self.adopt()
        configuration = await self.configuration()
        if configuration.dashboard_link in (None, dashboardlink.DASK):
            kernels.set_link(self._base_url)
        await self.autostart()
        await Discovery(self).run()

    async def adopt(self) -> None:
        """Take over the clusters that a server left on this machine, and clear up after those whose host is dead."""
        try:
            found = await asyncio.to_thread(records.found)
        except OSError as error:
            self._log.error("The clusters' directory cannot be used: %s", describe(error))
            return
        for directory, record in found:
            try:
                self._add(record).adopt(directory)
            except Exception as error:  # the package with its kind may be gone; the others must not wait for it
                self._log.error("The cluster %s (%s) cannot be taken over: %s", record.name, record.id, describe(error))

    async def autostart(self) -> None:
        """Start the clusters that the operator wants from the beginning, but for those that are there still."""
        configuration = await self.configuration()
        for problem in configuration.problems:
            self._log.warning("dask's configuration, %s: %s", problem.where, problem.message)
        wanted = [
            {**request, "name": request.get("name", configuration.profiles[request["profile"]].title)}
            for request in configuration.autostart
        ]
        names = {(request["profile"], request["name"]) for request in wanted}
        dying = [
            cluster.task for cluster in self._clusters.values() if _identity(cluster) in names and cluster.task and not cluster.goes_on
        ]
        if dying:
            await asyncio.wait(dying, timeout=CLEAR_DEADLINE)
        there = {_identity(cluster) for cluster in self._clusters.values()}
        for request in wanted:
            if (request["profile"], request["name"]) not in there:
                try:
                    await self.create(request, show_failure=True)
                except ClusterError as error:
                    self._log.error("The cluster %s cannot be started: %s", request["name"], describe(error))

    async def stop(self) -> None:
        """Close all clusters but those that are to be kept. Takes STOP_DEADLINE and KILL_DEADLINE at most."""
        atexit.unregister(self._at_exit)
        if self._beginning:
            self._beginning.cancel()
        kernels.end()
        await self.environments.close()
        await self._fork_servers.end()
        kept = [cluster for cluster in self._clusters.values() if cluster.record.keep]
        closing = [cluster for cluster in self._clusters.values() if not cluster.record.keep]
        tasks = [cluster.close() for cluster in closing]
        if tasks and (await asyncio.wait(tasks, timeout=STOP_DEADLINE))[1]:
            # A host that still talks to a batch system goes on by itself, and ends in any case.
            late = [cluster for cluster in closing if cluster.record.id in self._clusters]
            kept += [cluster for cluster in late if cluster.has_jobs]
            await asyncio.gather(*(cluster.kill() for cluster in late if not cluster.has_jobs))
            await asyncio.wait(tasks, timeout=KILL_DEADLINE)
        await asyncio.gather(*(cluster.leave() for cluster in kept))

    def _at_exit(self) -> None:
        """Jupyter stops without a word to its extensions on a Ctrl-C that comes from no terminal: tell the hosts to close."""
        for cluster in self._clusters.values():
            if not cluster.record.keep:
                cluster.terminate()


def _identity(cluster: Cluster) -> tuple[str, str]:
    """What tells clusters apart for an operator."""
    return cluster.record.profile, cluster.record.name


def _most(record: Record, size: Size) -> int:
    """The most workers that a cluster can come to have with a size."""
    most: int = size["workers"] if "workers" in size else size["maximum"]
    return whole_jobs(most, _together(record))


def _together(record: Record) -> int:
    """How many workers of a cluster come and go at once."""
    return kinds.load(record.reference).together(record.options)
