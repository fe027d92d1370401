"""The section `casa-labext` of dask's configuration."""

from typing import Any

import pytest

from casa_labext import profiles
from casa_labext.host.errors import WrongRequest


def read(profile: object) -> profiles.Configuration:
    return profiles.configuration({"profiles": {"mine": profile}})


def test_packaged_default() -> None:
    configuration = profiles.configuration({})
    assert list(configuration.profiles) == ["local"]
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
    shown = profile.public()
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
    configuration = profiles.configuration({"profiles": {"local": None}})
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
    assert list(configuration.profiles) == ["local"]
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
    configuration = profiles.configuration(section)
    assert [problem.where for problem in configuration.problems] == [where]
    assert list(configuration.profiles) == ["local"]
    assert configuration.timeouts.start == 120
