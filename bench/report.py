"""The table, and docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from .measures import Values
from .peer import PEER, SHARED

#: Name of a measure: its title, unit, and how many of the unit are a second (1 for counts).
MEASURES = {
    "start": ("start of the server, CPU added by the extension alone", "ms", 1000),
    "modules": ("modules it imports there", "", 1),
    "start_proxied": ("start of the server, CPU added with jupyter-server-proxy enabled", "ms", 1000),
    "modules_proxied": ("modules both import there", "", 1),
    "first_create": ("first cluster, request to first worker", "s", 1),
    "first_create_stall": ("loop held meanwhile", "ms", 1000),
    "later_create": ("later cluster, request to first worker", "s", 1),
    "later_create_stall": ("loop held meanwhile", "ms", 1000),
    "first_unannounced": ("first cluster without a form", "s", 1),
    "first_unannounced_stall": ("loop held meanwhile", "ms", 1000),
    "later_unannounced": ("later cluster without a form", "s", 1),
    "later_unannounced_stall": ("loop held meanwhile", "ms", 1000),
    "flat_stall": ("50,000 tasks by one map, loop held", "ms", 1000),
    "flat_p99": ("`/api/status` meanwhile, p99", "ms", 1000),
    "flat_time": ("run time", "s", 1),
    "layered_stall": ("50,000 tasks in 5 layers, loop held", "ms", 1000),
    "layered_p99": ("`/api/status` meanwhile, p99", "ms", 1000),
    "layered_time": ("run time", "s", 1),
    "server_first": ("memory of the server, first cluster of one worker", "MiB", 1 / 2**20),
    "server_further": ("each further one", "MiB", 1 / 2**20),
    "all_first": ("memory of all processes, first cluster", "MiB", 1 / 2**20),
    "all_further": ("each further one", "MiB", 1 / 2**20),
    "idle": ("server with three idle clusters, CPU a minute", "ms", 1000),
    "list": ("list of three clusters", "ms", 1000),
    "dashboard": ("page of the dashboard through the proxy", "ms", 1000),
}

TEXT = """\
# Benchmarks

`make bench` measures casa_labext beside {peer} in one run and writes this file. {date}, median of {runs} runs (least–most), the two in
turn; the ratio is the median of the ratios of each turn's two runs.

{table}

Imported at the server's start, of the packages that take long: {heavy}.

- *CPU added*: user and system time of the server and its ended children, from the load of the first extension to the first answer, with
  the extension less without it, all other extensions off. The peer imports jupyter-server-proxy by itself; ours does not, but needs it
  enabled for the dashboards: the second pair of lines has it enabled for both, and compares with the same server without either.
- *Loop held*: the longest CPU time of the server's main thread between two ticks of a 10 ms ticker in its loop. A busy machine cannot
  inflate it. For that long the server answers nobody.
- *p99*: of requests due every 50 ms, counted from when they were due. The workers, the client and the scheduler share the cores with the
  server, so it contains waiting for a core.
- The clusters have two workers of one thread. Ours has its defaults (TLS, a host process of its own), the peer LocalCluster in the server
  without TLS (`bench/peer.yaml`). What there is, is what the extension's own REST interface tells, asked every 20 ms.
- The scheduler's `worker-saturation` is `inf` for both: by default it holds trivial tasks back, and 50,000 take minutes.
- *First worker*: the form is opened three seconds before, as users do; ours starts a host then. The peer has none. *Without a form*:
  nothing announces the cluster.
- *Memory*: PSS, what processes share divided among them; so with both, what several workers share counts once.
- *Run time*: from the client's submission to all results. The ratio is what the host process and TLS cost.

Machine: {machine}.
Versions, the same on both sides: {versions}.
"""


def table(ours: list[Values], peer: list[Values]) -> str:
    """A Markdown table of what the runs gave."""
    lines = ["| | ours | peer | ratio |", "|---|---:|---:|---:|"]
    for name, (title, unit, factor) in MEASURES.items():
        cells = [_cell([run[name] * factor for run in runs], unit) for runs in (ours, peer)]
        ratio = median(mine[name] / other[name] if other[name] else float("nan") for mine, other in zip(ours, peer, strict=True))
        lines.append(f"| {title} | {cells[0]} | {cells[1]} | {ratio:.2g} |")
    return "\n".join(lines)


def _cell(values: list[float], unit: str) -> str:
    digits = 2 if unit == "s" else 1 if unit in ("ms", "MiB") and abs(median(values)) < 10 else 0
    middle, least, most = (f"{value:.{digits}f}" for value in (median(values), min(values), max(values)))
    spread = f" ({least}–{most})" if least != most else ""
    return f"{middle} {unit}".rstrip() + spread


def machine() -> str:
    """The machine in a line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, load {load:.1f} before the run"


def write(path: Path, text: str, machine: str, heavy: dict[str, list[str]], runs: int) -> None:
    """Write the document around the table."""
    words = {
        "peer": PEER.replace("==", " "),
        "date": datetime.date.today().isoformat(),
        "runs": runs,
        "table": text,
        "heavy": "; ".join(f"{name}: {', '.join(names) or 'none'}" for name, names in heavy.items()),
        "machine": machine,
        "versions": ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in SHARED)]),
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEXT.format(**words))
