"""The table, and docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from .browser import IDLE
from .growth import Points, exponent
from .measures import Values
from .peer import PEER, SHARED


def _life(name: str, title: str) -> dict[str, tuple[str, str, float]]:
    """A step in the life of a cluster, and what the server's loop feels of it."""
    return {
        name: (title, "s", 1),
        f"{name}_stall": ("loop held meanwhile", "ms", 1000),
        f"{name}_p99": ("`/api/status` meanwhile, p99", "ms", 1000),
    }


def _idle(name: str, title: str) -> dict[str, tuple[str, str, float]]:
    """What an idle page costs a minute."""
    return {
        f"idle_{name}_requests": (f"{title}: requests a minute", "", 1),
        f"idle_{name}_bytes": ("bytes a minute", "KiB", 1 / 2**10),
        f"idle_{name}_page": ("CPU of the page a minute", "ms", 1000),
        f"idle_{name}_server": ("CPU of the server a minute", "ms", 1000),
    }


#: Name of a measure: its title, unit, and how many of the unit are a second, a byte or one.
MEASURES: dict[str, tuple[str, str, float]] = {
    "start_cpu": ("start of the server, CPU added by the extension alone", "ms", 1000),
    "start_memory": ("memory added", "MiB", 1 / 2**20),
    "start_modules": ("modules imported", "", 1),
    "start_cpu_proxied": ("start of the server, CPU added with jupyter-server-proxy enabled", "ms", 1000),
    "start_memory_proxied": ("memory added", "MiB", 1 / 2**20),
    "start_modules_proxied": ("modules both import", "", 1),
    **_life("first_create", "first cluster, click to first worker"),
    **_life("later_create", "later cluster, click to first worker"),
    **_life("first_unannounced", "first cluster without a form"),
    **_life("later_unannounced", "later cluster without a form"),
    **_life("scale", "two more workers"),
    **_life("close", "closing"),
    **_life("flat", "50,000 tasks by one map"),
    **_life("layered", "50,000 tasks in 5 layers"),
    "server_first": ("memory of the server, first cluster of one worker", "MiB", 1 / 2**20),
    "server_further": ("each further one", "MiB", 1 / 2**20),
    "all_first": ("memory of all processes, first cluster", "MiB", 1 / 2**20),
    "all_further": ("each further one", "MiB", 1 / 2**20),
    "list": ("list of ten clusters", "ms", 1000),
    "scripts_gzipped": ("JavaScript loaded with the page, gzipped", "KiB", 1 / 2**10),
    "scripts": ("as it is", "KiB", 1 / 2**10),
    **_idle("1_open", "one idle cluster, panel open"),
    **_idle("1_hidden", "one idle cluster, panel hidden"),
    **_idle("10_open", "ten idle clusters, panel open"),
    **_idle("10_hidden", "ten idle clusters, panel hidden"),
    "arrival": ("a worker's arrival to the panel's saying so", "ms", 1000),
    "dashboard": ("dashboard drawn through the proxy", "s", 1),
}

WORDS = {"clusters": "by clusters", "workers": "by workers", "both": "ten clusters, by workers", "jobs": "by jobs"}

TEXT = """\
# Benchmarks

`make bench` measures casa_labext beside {peer} in one run and writes this file. {date}, median of {runs} runs (least–most), the two in
turn; the ratio is the median of the ratios of each turn's two runs.

{table}

## How it grows

Measured once: lists of clusters without workers, of one cluster with workers, of ten clusters with 200 workers each, and
of one cluster whose jobs wait in the queue of an HTCondor pool. The exponent is that of the power law that fits best: 1 is growth in
proportion, 0 is none.

{growth}

## What is what

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
- *Memory added* at the start is the server's own (USS).
- The scheduler's `worker-saturation` is `inf` for both: by default it holds trivial tasks back, and 50,000 take minutes.
- *First worker*: the form is opened three seconds before, as users do; ours imports distributed then, in its fork server. The peer has no
  form, and has imported distributed when the server started. *Without a form*: nothing announces the cluster.
- *Memory* of clusters: PSS, what processes share divided among them; so with both, what several processes share counts once. JupyterLab is
  loaded and has asked for its kernels before.
- *Idle*: JupyterLab in Chromium, nobody does anything for {idle} s. Requests and bytes are the extension's, of its WebSocket too; CPU is
  that of all of JupyterLab. Hidden: another panel is shown in its place.
- *Arrival*: from when the scheduler has a worker that came by itself until the panel's text says so.
- *Dashboard*: from the click on its link to the first plot, in a new tab.
- Workers of *How it grows* are real but silent: after they have registered they tell nothing, for 2,000 would keep the cores busy.
- *Run time*: from the client's submission to all results. The host process and TLS cost something; ours looks for
  garbage a third as often, as dask's own scheduler and worker commands do.

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
    digits = 2 if unit == "s" else 1 if unit in ("ms", "MiB", "KiB") and abs(median(values)) < 10 else 0
    middle, least, most = (f"{value:.{digits}f}" for value in (median(values), min(values), max(values)))
    spread = f" ({least}–{most})" if least != most else ""
    return f"{middle} {unit}".rstrip() + spread


def growth_table(ours: dict[str, Points], peer: dict[str, Points]) -> str:
    """A Markdown table of the points, and the exponents fitted to them."""
    looked = {"list": ("list", "ms", 1000), "list_bytes": ("list", "KiB", 1 / 2**10), "push_bytes": ("first push", "KiB", 1 / 2**10)}
    lines = ["| | sizes | ours | exponent | peer | exponent |", "|---|---|---:|---:|---:|---:|"]
    for what in ours:
        for name, (title, unit, factor) in looked.items():
            cells = []
            for points in (ours[what], peer.get(what, {})):
                values = [point[name] * factor for point in points.values() if name in point]
                fitted = f"{exponent(points, name):.2f}" if len(values) > 1 else ""
                cells += [f"{', '.join(f'{value:.3g}' for value in values)} {unit}" if values else "", fitted]
            sizes = ", ".join(map(str, ours[what]))
            lines.append(f"| {title}, {WORDS[what]} | {sizes} | {' | '.join(cells)} |")
    return "\n".join(lines)


def machine() -> str:
    """The machine in a line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, load {load:.1f} before the run"


def write(path: Path, text: str, growth: str, machine: str, heavy: dict[str, list[str]], runs: int) -> None:
    """Write the document around the table."""
    words = {
        "peer": PEER.replace("==", " "),
        "date": datetime.date.today().isoformat(),
        "runs": runs,
        "table": text,
        "growth": growth,
        "idle": IDLE,
        "heavy": "; ".join(f"{name}: {', '.join(names) or 'none'}" for name, names in heavy.items()),
        "machine": machine,
        "versions": ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in SHARED)]),
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEXT.format(**words))
