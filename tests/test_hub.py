"""Under a real JupyterHub, through its proxy."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import websocket
from conftest import cluster_processes
from operations import UNKNOWN, operations
from systems.batch.fixtures import unavailable
from systems.hub.hub import BASE, Hub, HubError, User, missing, start
from test_cli import CASA, in_terminal

pytestmark = pytest.mark.system

ADA = "a.b@cern.ch"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Hub for all tests of this module."""
    if reason := missing():
        unavailable(reason)
    try:
        running = start(tmp_path_factory.mktemp("hub"))
    except HubError as error:
        unavailable(f"JupyterHub does not start: {error}")
    yield running
    running.close()


@pytest.fixture(params=["gpu-1", "seed", "today", "unset"])
def user(hub: Hub, request: pytest.FixtureRequest) -> Iterator[User]:
    """A user's running server with a name, perhaps with a link that a facility has configured."""
    started = hub.start(ADA, request.param)
    yield started
    hub.stop(started)
    ended()


@pytest.fixture
def ada(hub: Hub) -> Iterator[User]:
    started = hub.start(ADA)
    yield started
    hub.stop(started)
    ended()


def ended() -> None:
    """Wait until nothing is left of the clusters of servers that have stopped."""
    end = time.monotonic() + 20
    while cluster_processes():
        assert time.monotonic() < end, cluster_processes()
        time.sleep(0.1)


def connect(user: User, path: str, token: str | None, **options: Any) -> Any:
    headers = [f"Authorization: token {token}"] if token else []
    return websocket.create_connection(user.origin.replace("http", "ws") + path, header=headers, timeout=30, **options)


def test_dashboard_proxy_link_through_a_hub(user: User) -> None:
    cluster = user.api("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    cluster = user.wait(cluster["id"], workers=1)
    result = subprocess.run(
        [sys.executable, "-c", cluster["connection"]["snippet"] + "\nprint(client.submit(sum, [1, 1]).result())"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.strip() == "2"
    # The design's link, through the Hub.
    dashboard = cluster["dashboard"]
    if user.server != "seed":
        assert re.fullmatch(re.escape(user.url) + r"proxy/\d+/status", dashboard)
        page = user.fetch(dashboard)
        assert page.status_code == 200
        token = re.search(r'"token":"([^"]+)"', page.text)
        assert token
        drawing = connect(user, f"{dashboard}/ws", user.token, subprotocols=["bokeh", token[1]])
        assert "ACK" in drawing.recv()
        drawing.close()
    else:  # the facility that wrote it has no prefix before /user
        assert dashboard == f"/user/{ADA}/seed/proxy/{dashboard.split('/')[-2]}/status"
        assert user.fetch(BASE.rstrip("/") + dashboard).status_code == 200
    problems = [problem["where"] for problem in user.api("GET", "profiles")["problems"]]
    assert problems == (["distributed.dashboard.link"] if user.server == "unset" else [])
    stream = connect(user, f"{user.url}casa-labext/api/stream", user.token)
    assert cluster["id"] in stream.recv()
    stream.close()


def test_the_command_line_in_a_terminal(ada: User) -> None:
    name = ada.fetch(f"{ada.url}api/terminals", "POST", {}).json()["name"]
    terminal = connect(ada, f"{ada.url}terminals/websocket/{name}", ada.token)
    assert "No clusters." in in_terminal(terminal, f"{CASA} list")
    terminal.close()


def test_nobody_else_gets_in(hub: Hub, ada: User) -> None:
    eve = hub.start("eve")
    cluster = ada.api("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    cluster = ada.wait(cluster["id"], workers=1)
    assert re.fullmatch(rf"{BASE}user/{ADA}/proxy/\d+/status", cluster["dashboard"])
    assert ada.fetch(cluster["dashboard"]).status_code == 200
    paths = [f"{ada.url}api/contents", f"{ada.url}files/x", cluster["dashboard"]]
    browser = hub.browser("eve")
    browser.get(f"{hub.origin}{eve.url}lab", timeout=30)  # logs in there, too
    browser.headers["X-XSRFToken"] = browser.cookies.get("_xsrf", path=eve.url)
    assert browser.get(f"{hub.origin}{eve.url}casa-labext/api/clusters", timeout=30).json() == []
    for path in paths:
        assert ada.fetch(path, token=eve.token).status_code == 403, path
        assert ada.fetch(path, token="wrong").status_code in (302, 403), path
        assert browser.get(hub.origin + path, timeout=30).status_code == 403, path
    for method, path in operations():
        path = f"{ada.url}casa-labext/api/{path.replace(UNKNOWN['id'], cluster['id'])}"
        body: dict[str, str] | None = None if method == "GET" else {}
        assert ada.fetch(path, method, body, token=eve.token).status_code == 403, (method, path)
        assert ada.fetch(path, method, body, token="wrong").status_code in (302, 403), (method, path)
        assert browser.request(method, hub.origin + path, json=body, timeout=30).status_code == 403, (method, path)
    for path in (f"{ada.url}casa-labext/api/stream", f"{cluster['dashboard']}/ws"):
        for token in (eve.token, None):
            with pytest.raises(websocket.WebSocketBadStatusException):
                connect(ada, path, token)
    # Her own server does not lead there, either.
    assert eve.fetch(f"{eve.url}casa-labext/api/clusters/{cluster['id']}").status_code == 404
    assert ada.wait(cluster["id"], workers=1)["size"] == {"workers": 1}
    hub.stop(eve)
