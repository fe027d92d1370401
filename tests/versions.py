"""Prints docs/versions.md, when the tests have passed: `python tests/versions.py OLDEST NEWEST`, the Pythons of two environments."""

import json
import platform
import re
import subprocess
import sys
from importlib.metadata import requires, version

EXTRAS = ("lab", "kubernetes", "gateway", "coffea-casa")
HEAD = """\
# Versions

The oldest and the newest versions with which the tests have passed. `make test-min` installs the oldest that `pyproject.toml` allows, runs
the tests with them, and then writes this page; the newest are those of `make test` at that time.

| | oldest | newest |
| --- | --- | --- |"""


def versions() -> dict[str, str]:
    """What casa_labext needs, here."""
    found = {"Python": platform.python_version()}
    for requirement in requires("casa_labext") or []:
        name, _, extra = re.fullmatch(r"([\w.-]+)([^;]*)(?:;.*extra == ['\"](.*)['\"])?", requirement).groups()  # type: ignore[union-attr]
        if extra is None or extra in EXTRAS:
            found[name] = version(name)
    return found


def main(oldest: str, newest: str) -> None:
    """Print the page."""
    here = [json.loads(subprocess.check_output([python, __file__])) for python in (oldest, newest)]
    print(HEAD)
    for name in here[0]:
        print(f"| {name} | {here[0][name]} | {here[1][name]} |")


if __name__ == "__main__":
    if sys.argv[1:]:
        main(*sys.argv[1:])
    else:
        print(json.dumps(versions()))
