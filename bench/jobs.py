"""How what the server answers grows with the jobs of a cluster: on a real HTCondor pool, as tests/systems/batch starts it."""

from __future__ import annotations

from systems.batch.beds import HTCondorBed

from .extensions import Ours
from .growth import Points, look
from .jupyter import Server, serve, until

JOBS = (10, 100, 1000)
#: Seconds for the submission of the most, and for their end.
DEADLINE = 600
#: Jobs that no machine takes: what is measured is the queue.
REQUEST = {"profile": "htcondor", "options": {"job-extra-directives": {"requirements": "False"}}}


def growth() -> Points:
    """Of ours: the peer knows of no jobs."""
    points: Points = {}
    extension, bed = Ours(), HTCondorBed()
    try:
        bed.start()
        with serve(extension.python, [extension.module], bed.exports) as server:
            cluster_id = str(server.call("POST", extension.list_path, {**REQUEST, "size": {"workers": 0}})["id"])
            until(lambda: extension.connected(server, cluster_id))
            for number in JOBS:
                extension.scale(server, cluster_id, number)
                until(lambda number=number: _queued(server, cluster_id) == number, deadline=DEADLINE)  # type: ignore[misc]
                points[number] = look(extension, server)
            extension.close(server, cluster_id)
            until(lambda: not extension.ids(server), deadline=DEADLINE)
    finally:
        bed.close()
    return points


def _queued(server: Server, cluster_id: str) -> int:
    """Jobs that the batch system has."""
    return sum(job["state"] == "queued" and job["id"] is not None for job in server.get(f"{Ours.list_path}/{cluster_id}/jobs"))
