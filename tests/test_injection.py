"""No option of a batch cluster gets beyond its place in what is submitted, whatever somebody writes into it."""

import asyncio
import shlex
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_units import RECORD

from casa_labext import kinds
from casa_labext.host.errors import ClusterError
from casa_labext.profiles import configuration

KINDS = ("htcondor", "slurm", "pbs")
#: Script text by their nature: they do what they say, with the user's own rights.
SCRIPTS = ("job-script-prologue", "job-extra-directives", "worker-extra-args")
#: What ends lines, quotes, words and commands, or hides that something does; and words that a batch system understands.
PIECES = [
    *(
        "\n",
        "\r",
        "\x00",
        "\x0b",
        "\x85",
        "\u2028",
        "\u202e",
        "\t",
        " ",
        '"',
        "'",
        "\\",
        "`",
        "$(id)",
        "${HOME}",
        "$",
        "(",
        ")",
        "{}",
        "%s",
        "%d",
    ),
    *(";", "&&", "|", ">", "<", "#", "..", "/", "~", "*", "=", ",", "queue 100", "executable = /bin/sh", "#SBATCH --uid=0", "#PBS -u root"),
    *("a", "1", "GiB", "01:00:00", "é", "x" * 499, "y" * 65536),
]
nasty = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)


def profile(kind: str) -> Any:
    return configuration({"config": {"profiles": {"mine": {"kind": kind}}}}).profiles["mine"]


def preview(kind: str, options: dict[str, Any]) -> str:
    record = replace(
        RECORD, kind=kind, reference=f"casa_labext.kinds.{kind}:kind", options=options, encryption="off", profile="mine", environ={}
    )
    text = asyncio.run(kinds.load(record.reference).preview(record))
    assert text
    return text


def words(line: str) -> int:
    """How many words a shell sees, or a batch system; a directive's value is one."""
    return len(shlex.split(line.replace("#SBATCH", "").replace("#PBS", ""), comments=False))


@pytest.mark.parametrize("kind", KINDS)
def test_options_stay_in_their_places(kind: str) -> None:
    of = profile(kind)
    plain = {name: "1" for name, schema in of.kind.options.items() if schema["type"] == "string" and "enum" not in schema}
    plain.update({name: value for name, value in {"memory": "2GiB", "disk": "1GiB", "walltime": "00:30:00"}.items() if name in plain})
    texts = [name for name in plain if name not in SCRIPTS]
    before = preview(kind, of.options(deepcopy(plain))).split("\n")
    seen = set()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(name=st.sampled_from(texts), value=nasty)
    def hold(name: str, value: str) -> None:
        try:
            options = of.options({**plain, name: value})
        except ClusterError:
            return
        seen.add(name)
        after = preview(kind, options).split("\n")
        assert len(after) == len(before), (name, value)
        for old, new in zip(before, after, strict=True):
            assert "$(" not in new or "$(" in old
            assert "`" not in new
            # A path may have blanks and quotes; it is a value of its own, to the end of a line that no shell runs.
            if old != new and name != "log-directory":
                assert words(new) == words(old) or value == "", (name, value, new)

    hold()
    assert len(seen) > 3, "hardly anything was accepted: nothing was tested"
