"""`casa`, also `jupyter casa`: the words of its commands, and what they print."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from .. import kernels
from ..host.errors import ClusterError
from .server import Server

#: Seconds between two looks at a cluster or a log.
INTERVAL = 0.5
#: Seconds to wait for workers, unless told otherwise.
PATIENCE = 600.0

JSON = dict[str, Any]
Run = Callable[[Server, argparse.Namespace], Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code, 1 with the reason on standard error if it could not be done."""
    options = _parser().parse_args(arguments)
    try:
        if options.run is None:
            from .doctor import doctor  # imports what takes a second

            return doctor(as_json=options.json)
        server = Server.find(options.url, options.token)
        answer = options.run(server, options)
        if options.json:
            print(json.dumps(answer, indent=1))
        elif answer is not None:
            print(options.show(answer))
    except ClusterError as error:
        print(f"casa: {error.message}" + (f" {error.hint}" if error.hint else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads on
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--url", help="the Jupyter server; found by itself if there is only one")
    common.add_argument("--token", help="its token")
    common.add_argument("--json", action="store_true", help="print what the REST interface answers")
    parser = argparse.ArgumentParser(prog="casa", description="The Dask clusters of your Jupyter server.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Run | None, show: Callable[[Any], str] = _line) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[common])
        command.set_defaults(run=run, show=show)
        return command

    def on_cluster(name: str, text: str, run: Run, show: Callable[[Any], str] = _line) -> argparse.ArgumentParser:
        command = add(name, text, run, show)
        command.add_argument("cluster", nargs="?", help="its name or id; the default one or the only one if left out")
        return command

    add("list", "List the clusters.", lambda server, _: server.call("GET", "clusters"), _table)
    new = add("new", "Start a cluster.", _new)
    new.add_argument("profile", help="as in casa doctor")
    new.add_argument("--name")
    new.add_argument("--workers", type=int)
    new.add_argument("--adapt", type=int, nargs=2, metavar=("MINIMUM", "MAXIMUM"), help="follow the load")
    new.add_argument("--environment", help="a kernel's name")
    new.add_argument("-o", "--option", action="append", default=[], metavar="KEY=VALUE", help="an option of the profile; the value is YAML")
    new.add_argument("--keep", action="store_true", help="let it go on when the Jupyter server stops")
    new.add_argument("--wait", action="store_true", help="until its workers run")
    new.add_argument("--timeout", type=float, default=PATIENCE, help="seconds to wait")
    scale = on_cluster("scale", "Ask for a number of workers.", _scale)
    scale.add_argument("workers", type=int)
    adapt = on_cluster("adapt", "Let the number of workers follow the load.", _adapt)
    adapt.add_argument("minimum", type=int)
    adapt.add_argument("maximum", type=int)
    logs = on_cluster("logs", "Print the logs.", _logs)
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is new")
    logs.add_argument("--source", choices=("host", "scheduler", "workers"), default="host")
    on_cluster("jobs", "List the batch jobs or pods.", _jobs, _job_table)
    on_cluster("why", "Say why there are no workers.", _why, lambda found: "\n".join(map(_check, found["checks"])))
    on_cluster("env", "Print exports for a shell, in which Client() connects then.", _env, "\n".join)
    close = on_cluster("close", "Shut a cluster down.", _close, "\n".join)
    close.add_argument("--all", action="store_true", help="all of them")
    add("doctor", "Check the installation and each profile, and say what to mend.", None)
    return parser


def _new(server: Server, options: argparse.Namespace) -> JSON:
    request: JSON = {"profile": options.profile}
    for name in ("name", "environment"):
        if getattr(options, name):
            request[name] = getattr(options, name)
    if options.keep:
        request["keep"] = True
    if options.adapt:
        request["size"] = dict(zip(("minimum", "maximum"), options.adapt, strict=True))
    elif options.workers is not None:
        request["size"] = {"workers": options.workers}
    values = {}
    for option in options.option:
        key, equals, value = option.partition("=")
        if not equals:
            raise ClusterError(f"{option} is not KEY=VALUE.")
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ClusterError(f"The value of {key} is no YAML: {error}") from error
    if values:
        request["options"] = values
    cluster: JSON = server.call("POST", "clusters", request)
    return _wait(server, cluster, options.timeout) if options.wait else cluster


def _wait(server: Server, cluster: JSON, timeout: float) -> JSON:
    """Wait until all workers run that are wanted; says on standard error what it waits for."""
    end = time.monotonic() + timeout
    said = None
    while True:
        cluster = server.call("GET", f"clusters/{cluster['id']}")
        workers = cluster["workers"]
        if cluster["state"] in ("running", "degraded") and workers["running"] >= workers["requested"]:
            return cluster
        if cluster["state"] not in ("starting", "running", "degraded"):
            raise ClusterError(f"{cluster['name']} is {cluster['state']}: {cluster['reason']}", hint=cluster["hint"])
        says = cluster["reason"] or cluster["activity"] or _line(cluster)
        if says != said:
            print(says, file=sys.stderr)
            said = says
        if time.monotonic() > end:
            raise ClusterError(f"Not all workers run after {timeout:g} s: {says}", hint="casa why says more.")
        time.sleep(INTERVAL)


def _scale(server: Server, options: argparse.Namespace) -> JSON:
    cluster = server.cluster(options.cluster)
    scaled: JSON = server.call("POST", f"clusters/{cluster['id']}/scale", {"workers": options.workers})
    return scaled


def _adapt(server: Server, options: argparse.Namespace) -> JSON:
    cluster = server.cluster(options.cluster)
    size = {"minimum": options.minimum, "maximum": options.maximum}
    adapted: JSON = server.call("POST", f"clusters/{cluster['id']}/adapt", size)
    return adapted


def _logs(server: Server, options: argparse.Namespace) -> None:
    path = f"clusters/{server.cluster(options.cluster)['id']}/logs"
    shown: dict[str, str] = {}
    while True:
        for log in server.call("GET", path, source=options.source):
            before, text = shown.get(log["name"], ""), log["text"]
            # A log that is full loses its beginning: what is new comes after the last line that was shown.
            last = before.rstrip("\n").rpartition("\n")[2]
            new = text[len(before) :] if text.startswith(before) else text.rpartition(last)[2] if last else text
            if not before and options.source != "host":
                print(f"# {log['name']}")
            if new.strip("\n"):
                print(new.strip("\n"), flush=True)
            shown[log["name"]] = text
        if not options.follow:
            return
        time.sleep(INTERVAL)


def _jobs(server: Server, options: argparse.Namespace) -> list[JSON]:
    jobs: list[JSON] = server.call("GET", f"clusters/{server.cluster(options.cluster)['id']}/jobs")
    return jobs


def _why(server: Server, options: argparse.Namespace) -> JSON:
    found: JSON = server.call("GET", f"clusters/{server.cluster(options.cluster)['id']}/diagnosis")
    return found


def _env(server: Server, options: argparse.Namespace) -> list[str]:
    cluster = server.cluster(options.cluster)
    connection = server.call("GET", f"clusters/{cluster['id']}/connection")
    if connection["address"].startswith("gateway://"):
        raise ClusterError("A bare Client() cannot connect to a gateway's cluster.", hint="Use casa_labext.attach in Python.")
    return [f"export {name}={shlex.quote(value)}" for name, value in kernels.environment(connection).items()]


def _close(server: Server, options: argparse.Namespace) -> list[str]:
    clusters = server.call("GET", "clusters") if options.all else [server.cluster(options.cluster)]
    for cluster in clusters:
        server.call("DELETE", f"clusters/{cluster['id']}")
    return [cluster["name"] for cluster in clusters]


def _line(cluster: JSON) -> str:
    workers = cluster["workers"]
    return f"{cluster['name']}: {cluster['state']}, {workers['running']} of {workers['requested']} workers run"


def _table(clusters: list[JSON]) -> str:
    if not clusters:
        return "No clusters."
    rows = [("NAME", "PROFILE", "STATE", "WORKERS", "ADDRESS", "")]
    for cluster in clusters:
        workers, connection = cluster["workers"], cluster["connection"]
        count = f"{workers['running']}/{workers['requested']}"
        address = connection["address"] if connection else ""
        rows.append((cluster["name"], cluster["profile"], cluster["state"], count, address, cluster["reason"] or ""))
    return _columns(rows)


def _job_table(jobs: list[JSON]) -> str:
    if not jobs:
        return "No jobs."
    rows = [("ID", "STATE", "HOST", "REASON")]
    rows += [(job["id"] or "", job["state"], job["host"] or "", job["reason"] or "") for job in jobs]
    return _columns(rows)


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _check(check: JSON) -> str:
    return f"{check['state']:8} {check['title']}: {check['text']}"


if __name__ == "__main__":
    sys.exit(main())
