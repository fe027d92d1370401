"""The section `casa-labext` of dask's configuration."""

from typing import Any

import pytest

from casa_labext import profiles
from casa_labext.host.errors import WrongRequest


@pytest.fixture(autouse=True)
def no_batch_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has is not looked at."""
    monkeypatch.setenv("PATH", "")


def configured(section: object, **dask: Any) -> profiles.Configuration:
    return profiles.configuration({"config": section, **dask})


def read(profile: object) -> profiles.Configuration:
    return configured({"profiles": {"mine": profile}})


def test_packaged_default() -> None:
    configuration = configured({})
    assert list(configuration.profiles) == ["local", "attached"]
    assert configuration.problems == []
    assert configuration.timeouts.start == 120


def test_operators_profile_narrows_the_kind() -> None:
    configuration = read(
        {
            "kind": "local",
            "title": "Big workers",
            "options": {"threads_per_worker": 4},
            "bounds": {"threads-per-worker": {"maximum": 8}},
            "locked": ["memory-limit"],
            "hidden": ["encryption"],
            "size": {"minimum": 0, "maximum": 10},
            "maximum-workers": 20,
        }
    )
    assert configuration.problems == []
    profile = configuration.profiles["mine"]
    shown = profile.public(None)
    assert shown["schema"]["properties"].keys() == {"threads-per-worker", "memory-limit"}
    assert shown["schema"]["properties"]["threads-per-worker"]["default"] == 4
    assert shown["schema"]["properties"]["memory-limit"]["readOnly"]
    assert (shown["size"], shown["maximum_workers"]) == ({"minimum": 0, "maximum": 10}, 20)
    assert profile.options({"threads-per-worker": 8}) == {"threads-per-worker": 8, "memory-limit": "auto", "encryption": True}
    for wanted, field in (
        ({"threads-per-worker": 9}, "options.threads-per-worker"),
        ({"memory-limit": "1GiB"}, "options.memory-limit"),
        ({"encryption": False}, "options.encryption"),
    ):
        with pytest.raises(WrongRequest) as error:
            profile.options(wanted)
        assert error.value.field == field


def test_a_profile_set_to_null_is_not_offered() -> None:
    configuration = configured({"profiles": {"local": None, "attached": None}})
    assert configuration.profiles == {}
    assert configuration.problems == []


@pytest.mark.parametrize(
    ("profile", "where", "words"),
    [
        ("local", "mine", "not of type 'object'"),
        ([], "mine", "not of type 'object'"),
        ({}, "mine.kind", "'kind' is a required property"),
        ({"kind": "loca"}, "mine.kind", "There is no kind 'loca'; there are "),
        ({"kind": "local", "colour": "red"}, "mine.colour", "There is no 'colour'; there are kind, "),
        ({"kind": "local", "options": {"threads": 2}}, "mine.options.threads", "There is no option 'threads'"),
        ({"kind": "local", "options": {"threads-per-worker": "2"}}, "mine.options.threads-per-worker", "not of type 'integer'"),
        ({"kind": "local", "options": {"memory-limit": "2 apples"}}, "mine.options.memory-limit", "Such as 2GiB"),
        ({"kind": "local", "bounds": {"threads": {}}}, "mine.bounds.threads", "There is no option"),
        ({"kind": "local", "bounds": {"memory-limit": {"type": "thing"}}}, "mine", "'thing' is not valid"),
        ({"kind": "local", "bounds": {"memory-limit": {"$ref": "#/nowhere"}}}, "mine", "nowhere"),
        ({"kind": "local", "locked": ["threads"]}, "mine.locked", "no option 'threads'"),
        ({"kind": "local", "hidden": ["threads"]}, "mine.hidden", "no option 'threads'"),
        ({"kind": "local", "size": {"workers": -1}}, "mine.size", "minimum"),
        ({"kind": "local", "size": {"minimum": 3, "maximum": 1}}, "mine.size.minimum", "larger than the maximum"),
        ({"kind": "local", "size": {"workers": 9}, "maximum-workers": 5}, "mine.size.workers", "At most 5"),
        ({"kind": "local", "settings": {"module": "os"}}, "mine.settings.module", "There is no 'module'."),
        ({"kind": "factory"}, "mine.settings", "required"),
        ({"kind": "factory", "settings": {"module": "os"}}, "mine.settings.class", "'class' is a required property"),
        ({"kind": "factory", "settings": {"module": 1, "class": "x"}}, "mine.settings.module", "not of type 'string'"),
    ],
)
def test_what_is_wrong_in_a_profile_is_said(profile: object, where: str, words: str) -> None:
    configuration = read(profile)
    assert list(configuration.profiles) == ["local", "attached"]
    (problem,) = configuration.problems
    assert problem.where.startswith(f"casa-labext.profiles.{where}")
    assert words in problem.message


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ([], "casa-labext"),
        (None, "casa-labext"),
        ({"profile": {}}, "casa-labext.profile"),
        ({"profiles": []}, "casa-labext.profiles"),
        ({"timeouts": []}, "casa-labext.timeouts"),
        ({"timeouts": {"begin": 1}}, "casa-labext.timeouts.begin"),
        ({"timeouts": {"start": "1 minute"}}, "casa-labext.timeouts.start"),
        ({"timeouts": {"start": -1}}, "casa-labext.timeouts.start"),
        ({"timeouts": {"start": True}}, "casa-labext.timeouts.start"),
        ({"timeouts": {"start": float("inf")}}, "casa-labext.timeouts.start"),
    ],
)
def test_what_is_wrong_in_the_section_is_said_and_the_rest_works(section: Any, where: str) -> None:
    configuration = configured(section)
    assert [problem.where for problem in configuration.problems] == [where]
    assert list(configuration.profiles) == ["local", "attached"]
    assert configuration.timeouts.start == 120


JOBQUEUE = {"jobqueue-keys": {"slurm": ["cores", "memory", "walltime", "queue", "account", "job-script-prologue", "python"]}}


def test_the_sites_jobqueue_section_gives_the_defaults() -> None:
    site = {"cores": 4, "memory": "8 GB", "walltime": 43200, "queue": "long", "job_script_prologue": ["module load root"]}
    configuration = configured(
        {"profiles": {"big": {"kind": "slurm", "options": {"queue": "short"}}}}, jobqueue={"slurm": site}, **JOBQUEUE
    )
    assert configuration.problems == []
    properties = configuration.profiles["big"].schema["properties"]
    # 12:00:00 without quotes is a number to YAML.
    defaults = {name: properties[name]["default"] for name in ("cores", "memory", "walltime", "queue", "job-script-prologue", "processes")}
    assert defaults == {
        "cores": 4,
        "memory": "8 GB",
        "walltime": "12:00:00",
        "queue": "short",
        "job-script-prologue": ["module load root"],
        "processes": 1,
    }


def test_what_is_wrong_in_the_jobqueue_section_is_said() -> None:
    site = {"corse": 4, "memory": "8 apples", "project": "atlas", "env-extra": None, "extra": []}
    configuration = configured({"profiles": {"mine": {"kind": "slurm"}}}, jobqueue={"slurm": site}, **JOBQUEUE)
    problems = {problem.where: problem.message for problem in configuration.problems}
    assert problems.keys() == {f"jobqueue.slurm.{key}" for key in ("corse", "memory", "project", "extra")}
    assert problems["jobqueue.slurm.corse"] == "dask-jobqueue knows no such key."
    assert "Such as 4GiB" in problems["jobqueue.slurm.memory"]
    assert problems["jobqueue.slurm.project"] == "dask-jobqueue calls it account now."
    properties = configuration.profiles["mine"].schema["properties"]
    assert (properties["memory"]["default"], properties["account"]["default"]) == ("2GiB", "atlas")


@pytest.mark.parametrize("jobqueue", [[], {"slurm": []}, {"slurm": "x"}, None])
def test_a_broken_jobqueue_section_is_said(jobqueue: Any) -> None:
    configuration = configured({"profiles": {"mine": {"kind": "slurm"}}}, jobqueue=jobqueue, **JOBQUEUE)
    assert [(problem.where, problem.message) for problem in configuration.problems] == [("jobqueue.slurm", "It must be a mapping.")]
    assert "mine" in configuration.profiles


def test_a_section_of_the_sites_own() -> None:
    profile = {"kind": "htcondor", "settings": {"config-name": "lpc"}}
    configuration = configured({"profiles": {"mine": profile}}, jobqueue={"lpc": {"disk": "3GB"}})
    assert configuration.profiles["mine"].schema["properties"]["disk"]["default"] == "3GB"


@pytest.mark.parametrize(
    ("option", "good", "bad"),
    [
        ("memory", ["4GiB", "500 MB", "0.5GiB", "1B"], ["4", "4 gigs", "0GiB", "4GiB\n", "", "-1GB", "auto"]),
        ("walltime", ["", "02:00:00", "1-00:00:00", "168:00:00"], ["2h", "02:00", "02:60:00", "02:00:00\n#SBATCH --account=x"]),
        ("queue", ["", "long", "gpu:a100"], ["a b", "x\n#SBATCH -A y", "$(x);y"]),
        ("job-extra-directives", [[], ["--constraint=haswell"]], ["--constraint=haswell", ["a\nb"], [1]]),
        ("cores", [1, 64], [0, "4", 1.5, True]),
    ],
)
def test_options_of_jobs_are_checked(option: str, good: list[object], bad: list[object]) -> None:
    profile = read({"kind": "slurm"}).profiles["mine"]
    for value in good:
        assert profile.options({option: value})[option] == value
    for value in bad:
        with pytest.raises(WrongRequest) as error:
            profile.options({option: value})
        assert str(error.value.field).startswith(f"options.{option}"), value
