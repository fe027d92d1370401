"""The WebSocket of the browsers."""

import asyncio
import json
import time
from typing import Any

import pytest
from conftest import API, JSON
from jsonschema import Draft202012Validator
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from casa_labext import schemas
from casa_labext.message import Message
from casa_labext.stream import StreamHandler

pytestmark = pytest.mark.system


async def read(stream: Any) -> JSON:
    """The next message, which is as the OpenAPI document says."""
    message: JSON = json.loads(await asyncio.wait_for(stream.read_message(), 20))
    errors = list(schemas.validator("StreamMessage").iter_errors(message))
    assert errors == [], errors
    return message


async def test_tells_all_clusters_then_what_changes(api: API, jp_ws_fetch: Any) -> None:
    first = await api.create(size={"workers": 0})
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    message = await read(stream)
    assert message["type"] == "clusters"
    assert [cluster["id"] for cluster in message["clusters"]] == [first["id"]]

    second = await api.create(size={"workers": 1})
    states: list[tuple[str, int]] = []
    while not states or states[-1] != ("running", 1):
        message = await read(stream)
        if message["type"] == "cluster" and message["cluster"]["id"] == second["id"]:
            states.append((message["cluster"]["state"], message["cluster"]["workers"]["running"]))
    assert states[0] == ("starting", 0)

    await api.call("DELETE", f"clusters/{second['id']}")
    while (message := await read(stream))["type"] != "removed":
        pass
    assert message == {"type": "removed", "id": second["id"], "name": second["name"], "reason": None}
    stream.close()


async def test_an_idle_cluster_is_quiet(api: API, jp_ws_fetch: Any) -> None:
    cluster = await api.create(size={"workers": 0})
    await api.running(cluster["id"])
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    # What has just happened may have to be told; then there is nothing, but for the word that there is none.
    end = time.monotonic() + 30
    while await comes(stream):
        assert time.monotonic() < end
    stream.close()


async def comes(stream: Any) -> bool:
    """Whether anything is told within three seconds."""
    try:
        await asyncio.wait_for(stream.read_message(), 3)
    except asyncio.TimeoutError:
        return False
    return True


async def test_a_foreign_origin_is_refused(api: API, jp_serverapp: Any, jp_fetch: Any) -> None:
    """A page elsewhere has the browser send its cookie along."""
    token = jp_serverapp.identity_provider.token
    login = await jp_fetch("api", "me", headers={"Authorization": ""}, params={"token": token})
    cookie = "; ".join(header.split(";")[0] for header in login.headers.get_list("Set-Cookie"))
    url = login.effective_url.partition("api/me")[0].replace("http", "ws", 1) + "casa-labext/api/stream"
    own = await websocket_connect(HTTPRequest(url, headers={"Cookie": cookie}))
    own.close()
    with pytest.raises(HTTPClientError, match="403"):
        await websocket_connect(HTTPRequest(url, headers={"Cookie": cookie, "Origin": "https://example.org"}))


async def test_a_slow_reader_costs_no_memory(api: API) -> None:
    """Messages that are not taken are replaced, one a cluster."""
    handler = StreamHandler.__new__(StreamHandler)
    handler.initialize(registry=None, resource="")  # type: ignore[arg-type]
    for number in range(1000):
        handler._note(Message(str(number % 3), {"type": "cluster", "number": number}))
    assert len(handler._pending) == 3
    assert handler._pending["0"].content["number"] == 999


def test_a_message_is_encoded_once_for_all_browsers() -> None:
    message = Message("1", {"type": "cluster"})
    assert json.loads(message.text) == {"type": "cluster"}
    assert message.text is message.text


async def test_rest_answers_are_as_the_document_says(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    for path, component in (
        (f"clusters/{cluster['id']}", "Cluster"),
        (f"clusters/{cluster['id']}/connection", "Connection"),
        ("profiles", "Profiles"),
    ):
        check(schemas.validator(component), await api.get(path))
    for path, component in (
        ("clusters", "Cluster"),
        (f"clusters/{cluster['id']}/workers", "Worker"),
        (f"clusters/{cluster['id']}/logs", "Log"),
        ("environments", "Environment"),
    ):
        answers = await api.get(path)
        assert answers
        for answer in answers:
            check(schemas.validator(component), answer)


def check(validator: Draft202012Validator, answer: object) -> None:
    assert list(validator.iter_errors(answer)) == []
