"""`casa`, also `jupyter casa`: the words of its commands, and what they print."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import yaml

from .. import kernels
from ..cluster import ENDED
from ..host.errors import ClusterError, Unknown, WrongRequest
from .server import Server
from .text import hanging, table

#: Seconds between two looks at a cluster or a log.
INTERVAL = 0.5
#: Seconds to wait for workers, unless told otherwise.
PATIENCE = 600.0

JSON = dict[str, Any]
Run = Callable[[Server, argparse.Namespace], Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code, 1 with the reason on standard error if it could not be done, 2 if its words make no sense."""
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
    which = common.add_argument_group("the Jupyter server", "that of this terminal, or the only one of yours that runs, if nothing is said")
    which.add_argument("--url", help="its address, perhaps with its token, as in the browser")
    which.add_argument("--token", help="its token")
    common.add_argument("--json", action="store_true", help="print what the REST interface answers")
    parser = argparse.ArgumentParser(
        prog="casa",
        description="The Dask clusters of your Jupyter server.",
        epilog='Two workers, and a shell in which Client() has them:  casa new local --workers 2 --wait && eval "$(casa env)"',
    )
    parser.add_argument("--version", action="version", version=version("casa_labext"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands, each with --help of its own")

    def add(name: str, text: str, run: Run | None, show: Callable[[Any], str] = _line) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[common])
        command.set_defaults(run=run, show=show)
        return command

    def on_cluster(name: str, text: str, run: Run, show: Callable[[Any], str] = _line, **options: Any) -> argparse.ArgumentParser:
        command = add(name, text, run, show)
        place = command.add_mutually_exclusive_group() if options else command
        place.add_argument("cluster", nargs="?", metavar="CLUSTER", help="its name or id; the default one or the only one if left out")
        for option, description in options.items():
            place.add_argument(f"--{option}", action="store_true", help=description)
        return command

    add("list", "List the clusters.", lambda server, _: server.call("GET", "clusters"), _clusters)
    new = add("new", "Start a cluster.", _new)
    new.add_argument("profile", metavar="PROFILE", help="what to start; casa doctor lists what there is")
    new.add_argument("--name", help="what to call it; the profile's title if left out")
    size = new.add_mutually_exclusive_group()
    size.add_argument("--workers", type=int, metavar="N", help="so many workers; the profile's number if left out")
    size.add_argument("--adapt", type=int, nargs=2, metavar=("MINIMUM", "MAXIMUM"), help="as many workers as there is work for")
    new.add_argument("--environment", metavar="KERNEL", help="the kernel in whose Python it runs; the server's own if left out")
    new.add_argument(
        *("-o", "--option"),
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of the profile, as in its form and its documentation; the value is YAML; can be repeated",
    )
    new.add_argument("--keep", action="store_true", help="let it go on when the Jupyter server stops")
    new.add_argument("--wait", action="store_true", help="return when all its workers run")
    new.add_argument("--timeout", type=float, default=PATIENCE, metavar="SECONDS", help="wait no longer than this (%(default)g)")
    scale = on_cluster("scale", "Ask for a number of workers.", _scale, _size)
    scale.add_argument("workers", type=int, metavar="N", help="how many")
    adapt = on_cluster("adapt", "Let the number of workers follow the load.", _adapt, _size)
    adapt.add_argument("minimum", type=int, metavar="MINIMUM", help="the fewest workers")
    adapt.add_argument("maximum", type=int, metavar="MAXIMUM", help="the most workers")
    logs = on_cluster("logs", "Print the logs.", _logs, _texts)
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is new, until the cluster is gone")
    logs.add_argument("--source", choices=("host", "scheduler", "workers"), default="host", help="whose; the cluster's process if left out")
    on_cluster("jobs", "List the batch jobs or pods.", _jobs, _job_table)
    on_cluster("why", "Say why there are no workers.", _why, lambda found: "\n".join(map(_check, found["checks"])))
    on_cluster("env", "Print exports for a shell, in which Client() connects then.", _env, _exports)
    on_cluster("close", "Shut a cluster down.", _close, _names, all="all of them")
    add("doctor", "Check the installation and each profile, and say what to mend. Needs no server.", None)
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
            raise WrongRequest(f"{option} is not KEY=VALUE.")
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise WrongRequest(f"The value of {key} is no YAML: {value}") from error
    if values:
        request["options"] = values
    cluster: JSON = server.call("POST", "clusters", request)
    return _wait(server, cluster, options.timeout) if options.wait else cluster


def _wait(server: Server, cluster: JSON, timeout: float) -> JSON:
    """Wait until all workers run that are wanted; says on standard error what it waits for."""
    end = time.monotonic() + timeout
    said = None
    try:
        while True:
            cluster = server.call("GET", f"clusters/{cluster['id']}")
            workers = cluster["workers"]
            if cluster["state"] in ("running", "degraded") and workers["running"] >= workers["requested"]:
                return cluster
            if cluster["state"] in ENDED:
                raise ClusterError(f"{cluster['name']} is {cluster['state']}: {cluster['reason']}", hint=cluster["hint"])
            says = cluster["reason"] or cluster["activity"] or _line(cluster)
            if says != said:
                print(says, file=sys.stderr)
                said = says
            if time.monotonic() > end:
                raise ClusterError(f"Not all workers run after {timeout:g} s: {says}", hint="casa why says more.")
            time.sleep(INTERVAL)
    except KeyboardInterrupt:
        print(f"\n{cluster['name']} goes on; casa close {shlex.quote(cluster['name'])} shuts it down.", file=sys.stderr)
        raise


def _scale(server: Server, options: argparse.Namespace) -> JSON:
    cluster = server.cluster(options.cluster)
    scaled: JSON = server.call("POST", f"clusters/{cluster['id']}/scale", {"workers": options.workers})
    return scaled


def _adapt(server: Server, options: argparse.Namespace) -> JSON:
    cluster = server.cluster(options.cluster)
    size = {"minimum": options.minimum, "maximum": options.maximum}
    adapted: JSON = server.call("POST", f"clusters/{cluster['id']}/adapt", size)
    return adapted


def _logs(server: Server, options: argparse.Namespace) -> list[JSON] | None:
    cluster = server.cluster(options.cluster)

    def read() -> list[JSON]:
        logs: list[JSON] = server.call("GET", f"clusters/{cluster['id']}/logs", source=options.source)
        return logs

    if not options.follow:
        return read()
    if options.json:
        raise WrongRequest("What is followed cannot be JSON.")
    shown: dict[str, str] = {}
    while True:
        try:
            logs = read()
        except Unknown:
            print(f"{cluster['name']} is gone.", file=sys.stderr)
            return None
        for log in logs:
            before, text = shown.get(log["name"], ""), log["text"]
            # A log that is full loses its beginning: what is new comes after the last line that was shown.
            last = before.rstrip("\n").rpartition("\n")[2]
            new = text[len(before) :] if text.startswith(before) else text.rpartition(last)[2] if last else text
            if new.strip("\n"):
                print(_text(log["name"], new, named=len(logs) > 1), flush=True)
            shown[log["name"]] = text
        time.sleep(INTERVAL)


def _texts(logs: list[JSON]) -> str:
    return "\n".join(_text(log["name"], log["text"], named=len(logs) > 1) for log in logs)


def _text(name: str, text: str, *, named: bool) -> str:
    """What a log says, under its name where there are several."""
    return (f"# {name}\n" if named else "") + text.strip("\n")


def _jobs(server: Server, options: argparse.Namespace) -> list[JSON]:
    jobs: list[JSON] = server.call("GET", f"clusters/{server.cluster(options.cluster)['id']}/jobs")
    return jobs


def _why(server: Server, options: argparse.Namespace) -> JSON:
    found: JSON = server.call("GET", f"clusters/{server.cluster(options.cluster)['id']}/diagnosis")
    return found


def _env(server: Server, options: argparse.Namespace) -> dict[str, str]:
    cluster = server.cluster(options.cluster)
    connection = server.call("GET", f"clusters/{cluster['id']}/connection")
    if connection["address"].startswith("gateway://"):
        raise ClusterError("A bare Client() cannot connect to a gateway's cluster.", hint="Use casa_labext.attach in Python.")
    return kernels.environment(connection)


def _exports(variables: dict[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _close(server: Server, options: argparse.Namespace) -> list[JSON]:
    clusters = server.call("GET", "clusters") if options.all else [server.cluster(options.cluster)]
    return [server.call("DELETE", f"clusters/{cluster['id']}") for cluster in clusters]


def _names(clusters: list[JSON]) -> str:
    return "\n".join(cluster["name"] for cluster in clusters) or "No clusters."


def _line(cluster: JSON) -> str:
    workers = cluster["workers"]
    return f"{cluster['name']}: {cluster['state']}, {workers['running']} of {workers['requested']} workers run"


def _size(cluster: JSON) -> str:
    """What was asked for: how many run of them is not known yet."""
    size = cluster["size"]
    wanted = size["workers"] if "workers" in size else f"{size['minimum']} to {size['maximum']}"
    return f"{cluster['name']}: {cluster['state']}, {wanted} workers wanted, {cluster['workers']['running']} run"


def _clusters(clusters: list[JSON]) -> str:
    if not clusters:
        return "No clusters."
    rows = []
    for cluster in clusters:
        count = f"{cluster['workers']['running']}/{cluster['workers']['requested']}"
        default = "*" if cluster["default"] else ""
        rows.append((cluster["id"][:8], cluster["name"], cluster["profile"], cluster["state"], count, default))
    return table(("ID", "NAME", "PROFILE", "STATE", "WORKERS", "DEFAULT"), rows, [cluster["reason"] for cluster in clusters])


def _job_table(jobs: list[JSON]) -> str:
    if not jobs:
        return "No jobs."
    rows = [(job["id"] or "", job["state"], job["host"] or "") for job in jobs]
    return table(("ID", "STATE", "HOST"), rows, [job["reason"] for job in jobs])


def _check(check: JSON) -> str:
    return hanging(f"{check['state']:8} {check['title']}: {check['text']}", 9)


if __name__ == "__main__":
    sys.exit(main())
