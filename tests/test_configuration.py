"""The configuration page: what dask's configuration is, where each value comes from, and changes to it."""

import asyncio
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import API, JSON

from casa_labext import kernels
from casa_labext.daskconfig import secrets, userfile

#: What a fresh process finds, as JSON has it.
FRESH = """
import contextlib, json, sys
with contextlib.redirect_stdout(sys.stderr):
    import dask.config, distributed, dask_jobqueue, coffea_casa
keys = json.load(sys.stdin)
print(json.dumps({key: dask.config.get(key, "missing") for key in keys}))
"""


class Page:
    """The page's answers, by key."""

    def __init__(self, api: API) -> None:
        self._api = api

    async def read(self) -> JSON:
        answer: JSON = await self._api.get("configuration")
        return answer

    async def settings(self) -> dict[str, JSON]:
        return {setting["key"]: setting for setting in (await self.read())["settings"]}

    async def problems(self) -> dict[str | None, JSON]:
        return {problem["key"]: problem for problem in (await self.read())["problems"]}


@pytest.fixture
def page(api: API) -> Page:
    return Page(api)


#: Values for keys of each layer, so that each layer wins some of them and loses others.
LAYERS: dict[str, dict[str, Any]] = {
    "root": {"temporary-directory": "/tmp/root", "distributed.admin.tick.limit": "1s", "distributed.comm.socket-backlog": 11},
    "user": {
        "distributed.admin.tick.limit": "2s",
        "distributed.adaptive.maximum": 50,
        "jobqueue.slurm.cores": 3,
        "array.chunk-size": "2MiB",
    },
    "config": {"distributed.admin.tick.limit": "4s", "distributed.adaptive.minimum": 1, "jobqueue.slurm.memory": "3GB", "tick": {"a": 1}},
    "inherited": {"distributed.admin.tick.interval": "5ms", "distributed.adaptive.wait-count": 7, "temporary-directory": "/tmp/in"},
    "environment": {"distributed.admin.tick.interval": "6ms", "distributed.scheduler.work-stealing": False, "jobqueue.pbs.queue": "short"},
}


@pytest.fixture
def layers(tmp_path: Path, jp_environ: None, dask_config: object, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All layers filled; the name of each."""
    names = {}
    for layer, folder in (("root", tmp_path / "root"), ("user", userfile.path().parent), ("config", tmp_path / "dask-config")):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "some.yaml"
        path.write_text(yaml.safe_dump(_merged(LAYERS[layer])))
        names[layer] = str(path)
    monkeypatch.setenv("DASK_ROOT_CONFIG", str(tmp_path / "root"))
    import dask.config

    monkeypatch.setenv("DASK_INTERNAL_INHERIT_CONFIG", dask.config.serialize(_merged(LAYERS["inherited"])))
    for key, value in LAYERS["environment"].items():
        monkeypatch.setenv("DASK_" + key.upper().replace(".", "__").replace("-", "_"), str(value))
    return names


def _merged(values: dict[str, Any]) -> dict[str, Any]:
    import dask.config

    merged: dict[str, Any] = dask.config.merge(*(userfile.nested(key, value) for key, value in values.items()))
    return merged


async def test_dask_config_of_yaml_env_and_defaults_is_that_of_a_fresh_process(layers: dict[str, str], page: Page) -> None:
    settings = await page.settings()
    set_keys = {key for layer in LAYERS.values() for key in layer} - {"tick"} | {"tick.a"}
    defaults = [key for key in settings if key.startswith(("distributed.", "jobqueue.coffea-casa.", "dataframe."))]
    probed = [*set_keys, *[key for key in defaults if key not in set_keys and not settings[key]["redacted"]]]
    assert len(probed) >= 50
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        FRESH,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=kernels.original_environ(),
    )
    fresh = json.loads((await process.communicate(json.dumps(probed).encode()))[0])
    by_name = {name.replace("_", "-"): setting for name, setting in settings.items()}
    for key in probed:
        value = fresh[key]
        assert by_name[key.replace("_", "-")]["value"] == ("inf" if value == float("inf") else value), key
    order = list(LAYERS)
    for key in set_keys:
        having = [layer for layer in order if any(key == own or key.startswith(f"{own}.") for own in LAYERS[layer])]
        setting = by_name[key.replace("_", "-")]
        told = [_layer(source, layers) for source in (setting["source"], *(other["source"] for other in setting["shadowed"]))]
        assert [layer for layer in told if layer != "default"] == having[::-1], key
    for key in defaults:
        if key.replace("_", "-") not in set_keys:
            assert settings[key]["source"]["layer"] == "default", key


def _layer(source: JSON, names: dict[str, str]) -> str:
    if source["layer"] == "file":
        path = next(layer for layer, name in names.items() if name == source["name"])
        assert source["line"] >= 1
        return path
    return str(source["layer"])


async def test_the_line_of_a_key(page: Page, dask_config: Callable[[str], Path]) -> None:
    path = dask_config("# a comment\ndistributed:\n  admin:\n    tick:\n      limit: 9s\n  scheduler: {work_stealing: false}\n")
    settings = await page.settings()
    assert settings["distributed.admin.tick.limit"]["source"] == {"layer": "file", "name": str(path), "line": 5}
    assert settings["distributed.admin.tick.limit"]["shadowed"] == [
        {"value": "3s", "source": {"layer": "default", "name": "distributed", "line": None}}
    ]
    stealing = next(setting for key, setting in settings.items() if key.endswith(("work-stealing", "work_stealing")))
    assert stealing["value"] is False
    assert stealing["source"]["line"] == 6


async def test_looking_writes_nothing(page: Page) -> None:
    await page.read()
    assert not userfile.path().parent.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gateway.auth.kwargs.password", "abc"),
        ("a.api-key", "abc"),
        ("a.access_token", "abc"),
        ("a.env", {"AWS_SECRET_ACCESS_KEY": "abc"}),
        ("jobqueue.x.job-script-prologue", ["cd /tmp", "export MY_TOKEN=abc"]),
        ("a.proxy", "http://me:abc@proxy:3128"),
        ("a.pem", "-----BEGIN PRIVATE KEY-----\nabc"),
    ],
)
async def test_secrets_are_not_told(page: Page, dask_config: Callable[[str], Path], key: str, value: Any) -> None:
    dask_config(yaml.safe_dump(userfile.nested(key, value)))
    answer = await page.read()
    assert "abc" not in json.dumps(answer)
    assert any(setting["redacted"] and setting["source"]["layer"] == "file" for setting in answer["settings"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tokenize.ensure-deterministic", True),
        ("distributed.comm.tls.client.key", "/etc/key.pem"),
        ("a.bearer-token-file", "/tmp/token"),
        ("jobqueue.x.job-script-prologue", ["export BEARER_TOKEN_FILE=/tmp/t", "module load key=value"]),
        ("a.password", None),
        ("distributed.dashboard.link", "{scheme}://{host}:{port}/status"),
    ],
)
def test_what_is_no_secret_is_told(key: str, value: Any) -> None:
    assert not secrets.is_secret(key, value)


async def test_no_default_is_taken_for_a_secret(page: Page) -> None:
    assert [setting["key"] for setting in (await page.read())["settings"] if setting["redacted"]] == []


async def test_dask_config_is_edited_in_a_file_of_its_own(page: Page, api: API) -> None:
    key = "distributed.admin.tick.limit"
    folder = userfile.path().parent
    folder.mkdir(parents=True)
    by_hand = folder / "mine.yaml"
    by_hand.write_text("distributed: {admin: {tick: {limit: 7s}}}  # by hand\n")
    status, answer = await api.call("PATCH", "configuration", {"key": key, "value": "8s"})
    assert status == 200, answer
    setting = next(setting for setting in answer["settings"] if setting["key"] == key)
    assert (setting["value"], setting["source"]["name"]) == ("8s", str(userfile.path())) == ("8s", answer["editable_file"])
    assert [other["value"] for other in setting["shadowed"]] == ["7s", "3s"]
    assert by_hand.read_text() == "distributed: {admin: {tick: {limit: 7s}}}  # by hand\n"
    assert stat.S_IMODE(userfile.path().stat().st_mode) == 0o600
    status, answer = await api.call("PATCH", "configuration", {"key": key})
    assert status == 200
    assert (await page.settings())[key]["value"] == "7s"
    assert sorted(path.name for path in folder.iterdir()) == ["mine.yaml"]


@pytest.mark.parametrize(
    ("key", "value", "field", "word"),
    [
        ("distributed.admin.tick.limit", "soon", "value", "duration"),
        ("distributed.comm", 5, "value", "mapping"),
        ("distributed.scheduler.allowed-failures", "x", "value", "integer"),
        ("distributed.scheduler.work-staeling", False, "key", "work-stealing"),
        ("distributed.comm.tls.ca-file", "/nowhere/ca.pem", "value", "/nowhere/ca.pem"),
        ("casa-labext.limits.clusters", -1, "value", "positive"),
        ("a..b", 1, "key", ""),
        ("", 1, "key", ""),
    ],
)
async def test_what_dask_could_not_use_is_refused(api: API, key: str, value: Any, field: str, word: str) -> None:
    status, answer = await api.call("PATCH", "configuration", {"key": key, "value": value})
    assert (status, answer["field"]) == (400, field), answer
    assert word in f"{answer['message']} {answer.get('hint')}"
    assert not userfile.path().exists()


async def test_what_would_have_no_effect_is_refused(api: API, dask_config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = dask_config("distributed: {admin: {tick: {limit: 9s}}}")
    monkeypatch.setenv("DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL", "9ms")
    for key, name in (("limit", str(path)), ("interval", "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL")):
        status, answer = await api.call("PATCH", "configuration", {"key": f"distributed.admin.tick.{key}", "value": "1s"})
        assert status == 409, answer
        assert name in answer["message"]
    assert not userfile.path().exists()


async def test_a_broken_own_file_is_left_alone(api: API, page: Page) -> None:
    userfile.path().parent.mkdir(parents=True)
    userfile.path().write_text("a: [1,\n")
    for change in ({"key": "distributed.admin.tick.limit", "value": "8s"}, {"key": "distributed.admin.tick.limit"}):
        status, answer = await api.call("PATCH", "configuration", change)
        assert status == 409, answer
    assert userfile.path().read_text() == "a: [1,\n"
    assert (await page.problems())[None]["source"]["name"] == str(userfile.path())


async def test_changes_at_the_same_time_all_count(api: API, page: Page) -> None:
    keys = [f"distributed.admin.tick.{name}" for name in ("limit", "interval", "cycle")]
    answers = await asyncio.gather(*(api.call("PATCH", "configuration", {"key": key, "value": "8s"}) for key in keys))
    assert {status for status, _ in answers} == {200}
    settings = await page.settings()
    assert [settings[key]["value"] for key in keys] == ["8s"] * 3


async def test_unknown_environment(api: API) -> None:
    status, answer = await api.call("GET", "configuration", params={"environment": "nowhere"})
    assert (status, answer["field"]) == (400, "environment")
