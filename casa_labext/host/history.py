"""What a cluster has been through: its figures over time, and events in words."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

#: Seconds between two samples at first, and how many are kept. When there are more, every second one goes and the interval doubles:
#: an hour fits with 2 s, a day with a minute.
INTERVAL = 2.0
SAMPLES = 1800
#: How many events are kept.
EVENTS = 500

#: The figures of a sample, in the order of its values. Bytes, bytes a second, cores.
FIGURES = (
    "requested",
    "running",
    "cores",
    "cpu",
    "memory",
    "spilled",
    "read",
    "written",
    "processing",
    "waiting",
    "erred",
)


class History:
    """Fed with what the scheduler tells, and with each status of the cluster."""

    def __init__(self) -> None:
        self._interval = INTERVAL
        self._samples: list[tuple[float, ...]] = []
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS)

    def sample(self, status: dict[str, Any], summary: dict[str, Any]) -> None:
        """Note the figures of now, if it is time to."""
        now = time.time()
        # The clock may have been set back.
        if self._samples and 0 <= now - self._samples[-1][0] < self._interval:
            return
        if len(self._samples) == SAMPLES:
            del self._samples[::2]
            self._interval *= 2
        workers, memory, tasks = status["workers"], summary["memory"], summary["tasks"]
        values = {**workers, **tasks, **summary["traffic"], "memory": memory["used"], "cores": summary["cores"], "cpu": summary["cpu"]}
        self._samples.append((round(now, 1), *(values[name] for name in FIGURES)))

    def note(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Note what a change of the status means."""
        now = time.time()
        self._events.extend({"time": now, "text": text} for text in news(before, after))

    def told(self, after: float = 0.0) -> dict[str, Any]:
        """`History` in openapi.yaml, of what was later than a time."""
        samples = [sample for sample in self._samples if sample[0] > after]
        columns = list(zip(*samples, strict=True)) or [()] * (len(FIGURES) + 1)
        return {
            "times": columns[0],
            "figures": dict(zip(FIGURES, columns[1:], strict=True)),
            "events": [event for event in self._events if event["time"] > after],
        }


def news(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A change of the status in words."""
    told = []
    if after["state"] != before["state"]:
        told.append(_with(_STATES[after["state"]], after["reason"]))
    elif after["reason"] and after["reason"] != before["reason"]:
        told.append(after["reason"])
    # Later, it is what adaptive scaling thinks: it changes with each task.
    if after["state"] == "starting" and after["activity"] not in (None, before["activity"]):
        told.append(after["activity"])
    if after["size"] != before["size"]:
        told.append(f"Asked for {_size(after['size'])}")
    now, then = after["workers"]["running"], before["workers"]["running"]
    if now > then:
        told.append(f"{_workers(now - then)} joined: {now} of {after['workers']['requested']}")
    elif now < then:
        told.append(f"{_workers(then - now)} left: {now} of {after['workers']['requested']}")
    told += [warning for warning in after["warnings"] if warning not in before["warnings"]]
    return told


_STATES = {
    "starting": "Starting",
    "running": "Running",
    "degraded": "Degraded",
    "closing": "Closing",
    "closed": "Closed",
    "failed": "Failed",
    "close_failed": "Closing failed",
}


def _with(text: str, reason: str | None) -> str:
    return f"{text}: {reason}" if reason else text


def _workers(count: int) -> str:
    return f"{count} worker" if count == 1 else f"{count} workers"


def _size(size: dict[str, Any]) -> str:
    return _workers(size["workers"]) if "workers" in size else f"{size['minimum']} to {size['maximum']} workers, as the load is"
