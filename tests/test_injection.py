"""No option gets beyond its place in what is submitted, whatever somebody writes into it."""

import asyncio
import re
import shlex
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from test_units import RECORD

from casa_labext import kinds
from casa_labext.host.errors import ClusterError
from casa_labext.profiles import configuration
from casa_labext.schemas import check

KINDS = ("htcondor", "slurm", "pbs", "coffea-casa")
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


@pytest.fixture(autouse=True)
def configured_as_before() -> Iterator[None]:
    """CoffeaCasaCluster changes dask's configuration, which is that of the other tests, too."""
    import distributed  # noqa: F401  its defaults

    link = "distributed.dashboard.link"
    with dask.config.set({link: dask.config.get(link)}):
        yield


def profile(kind: str) -> Any:
    return configuration({"config": {"profiles": {"mine": {"kind": kind}}}}).profiles["mine"]


def preview(kind: str, options: dict[str, Any]) -> str:
    record = replace(
        RECORD,
        kind=kind,
        reference=f"casa_labext.kinds.{kind.replace('-', '_')}:kind",
        options=options,
        encryption="off",
        profile="mine",
        environ={},
    )
    text = asyncio.run(kinds.load(record.reference).preview(record))
    assert text
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_makes_no_folder(kind: str, tmp_path: Path) -> None:
    """The preview follows each letter that is typed."""
    logs = tmp_path / "lo" / "gs"
    text = preview(kind, profile(kind).options({"log-directory": str(logs)}))
    assert str(logs) in text
    assert list(tmp_path.iterdir()) == []


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


def shape(value: Any, path: str = "") -> dict[str, Any]:
    """What is at each place of a document."""
    if isinstance(value, dict):
        return {place: leaf for key, item in value.items() for place, leaf in shape(item, f"{path}/{key}").items()} or {path: {}}
    if isinstance(value, list):
        return {place: leaf for number, item in enumerate(value) for place, leaf in shape(item, f"{path}/{number}").items()} or {path: []}
    return {path: value}


#: The commands are split into words, which are arguments of a container: no shell reads them.
COMMANDS = ("worker-command", "scheduler-command")


def test_options_of_pods_stay_in_their_places() -> None:
    of = profile("kubernetes")
    defaults = {name: schema["default"] for name, schema in of.kind.options.items()}
    texts = [name for name, schema in of.kind.options.items() if schema["type"] == "string" and "enum" not in schema]
    plain = {**defaults, "environment": {"A": "1"}}
    before = shape(yaml.safe_load(preview("kubernetes", plain)))
    seen = set()

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(name=st.sampled_from([*texts, "environment"]), value=nasty)
    def hold(name: str, value: str) -> None:
        chosen = {**plain, name: {"A": value} if name == "environment" else value}
        try:
            check(Draft202012Validator({"type": "object", "properties": of.kind.options}), chosen)
        except ClusterError:
            return
        seen.add(name)
        after = shape(yaml.safe_load(preview("kubernetes", chosen)))
        if name in COMMANDS or not value:
            return
        assert after.keys() == before.keys(), (name, value)
        assert {leaf for place, leaf in after.items() if leaf != before[place]} <= {value}, (name, value)

    hold()
    assert {"image", "environment"} <= seen


@pytest.mark.parametrize(
    ("kind", "option", "allowed"),
    [
        ("local", "memory-limit", r"[\w. ]*"),
        ("attached", "address", r"((tls|tcp)://[\w.:\[\]-]+:\d+)?"),
        ("attached", "scheduler-file", r"[^\x00-\x1f\x7f]*"),
        ("kubernetes", "namespace", r"[a-z0-9-]*"),
        ("kubernetes", "memory", r"[\w.]*"),
    ],
)
def test_what_is_accepted_is_harmless(kind: str, option: str, allowed: str) -> None:
    schema = Draft202012Validator(profile(kind).kind.options[option])

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(value=nasty | st.text(max_size=50))
    def hold(value: str) -> None:
        assert not schema.is_valid(value) or re.fullmatch(allowed, value, re.ASCII), value

    hold()


def test_a_user_names_no_module() -> None:
    """Only the operator does, in the settings. What a gateway declares it checks itself."""
    described = {"kind": "factory", "settings": {"module": "distributed", "class": "LocalCluster"}}
    factory = configuration({"config": {"profiles": {"mine": described}}}).profiles["mine"]
    for name in ("module", "class", "args", "kwargs"):
        with pytest.raises(ClusterError):
            factory.options({name: "os"})
    assert profile("gateway").kind.options == {}
