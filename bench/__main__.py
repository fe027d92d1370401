"""`python -m bench`: measure both extensions in turn, print the table, write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import signal
import sys

from . import jobs, measures, report
from .costs import costs
from .extensions import Ours, Peer
from .growth import growth
from .jupyter import ROOT


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each measure is taken (default: %(default)s)")
    runs = parser.parse_args().runs
    # An ended run leaves no process behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    machine = report.machine()
    extensions = (Ours(), Peer())
    values: dict[str, list[measures.Values]] = {extension.name: [] for extension in extensions}
    heavy: dict[str, list[str]] = {}
    for extension in extensions:
        measures.start(extension)  # compiles what is not
    for number in range(runs):
        for extension in extensions if number % 2 == 0 else reversed(extensions):
            print(f"run {number + 1} of {runs}: {extension.name}", file=sys.stderr)
            started, heavy[extension.name] = measures.start(extension)
            measured = (measure(extension) for measure in (measures.clusters, measures.without_form, costs))
            values[extension.name].append({name: value for part in (started, *measured) for name, value in part.items()})
            (ROOT / "build").mkdir(exist_ok=True)
            (ROOT / "build" / "bench.json").write_text(json.dumps(values, indent=1))
    table = report.table(*values.values())
    ours, other = map(growth, extensions)
    grown = report.growth_table({**ours, "jobs": jobs.growth()}, other)
    report.write(ROOT / "docs" / "benchmarks.md", table, grown, machine, heavy, runs)
    print(table, grown, sep="\n\n")


if __name__ == "__main__":
    main()
