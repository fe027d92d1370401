"""Wrong requests: each is answered with what is wrong, and leaves nothing behind."""

import json
import re
import socket
from typing import Any

import pytest
from conftest import API
from operations import operations
from tornado.httpclient import HTTPClientError

from casa_labext.routes import routes

NOBODY = "0" * 32


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ({}, "profile"),
        ({"profile": "nothing"}, "profile"),
        ({"profile": 1}, "profile"),
        ({"profile": None}, "profile"),
        ({"profile": "local", "nonsense": 1}, "nonsense"),
        ({"profile": "local", "name": ""}, "name"),
        ({"profile": "local", "name": " "}, "name"),
        ({"profile": "local", "name": "x" * 81}, "name"),
        ({"profile": "local", "name": "two\nlines"}, "name"),
        ({"profile": "local", "name": "\0"}, "name"),
        ({"profile": "local", "name": "\u202eabc"}, "name"),
        ({"profile": "local", "name": "\ud800"}, "name"),
        ({"profile": "local", "environment": "nowhere"}, "environment"),
        ({"profile": "local", "environment": "../../bin/sh"}, "environment"),
        ({"profile": "local", "size": {"workers": -1}}, "size.workers"),
        ({"profile": "local", "size": {"workers": 65}}, "size.workers"),
        ({"profile": "local", "size": {"workers": 10**400}}, "size.workers"),
        ({"profile": "local", "size": {"workers": 2.5}}, "size.workers"),
        ({"profile": "local", "size": {"workers": True}}, "size.workers"),
        ({"profile": "local", "size": {"workers": "2"}}, "size.workers"),
        ({"profile": "local", "size": {"workers": None}}, "size.workers"),
        ({"profile": "local", "size": {"minimum": 2, "maximum": 1}}, "size.minimum"),
        ({"profile": "local", "size": {"minimum": 0, "maximum": 1000}}, "size.maximum"),
        ({"profile": "local", "size": {}}, "size"),
        ({"profile": "local", "size": 3}, "size"),
        ({"profile": "local", "options": []}, "options"),
        ({"profile": "local", "options": {"nonsense": 1}}, "options.nonsense"),
        ({"profile": "local", "options": {"module": "os"}}, "options.module"),
        ({"profile": "local", "options": {"threads-per-worker": 0}}, "options.threads-per-worker"),
        ({"profile": "local", "options": {"threads-per-worker": "many"}}, "options.threads-per-worker"),
        ({"profile": "local", "options": {"memory-limit": "2 apples"}}, "options.memory-limit"),
        ({"profile": "local", "options": {"memory-limit": "-2GiB"}}, "options.memory-limit"),
        ({"profile": "local", "options": {"memory-limit": "2GiB; rm -rf /"}}, "options.memory-limit"),
        ({"profile": "local", "options": {"memory-limit": "2GiB\n"}}, "options.memory-limit"),
        ({"profile": "local", "keep": "yes"}, "keep"),
    ],
)
async def test_wrong_creates_name_the_field(api: API, request_body: object, field: str) -> None:
    status, answer = await api.call("POST", "clusters", request_body)
    assert status == 400, answer
    assert answer["field"].startswith(field)
    assert answer["message"]
    assert await api.get("clusters") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"x" * 2_000_000,
        b'{"profile": "' + b"x" * 2_000_000 + b'"}',
        b'{"profile": "\xff"}',
        b"[" * 60_000,
        b"[]",
        b"null",
        b"17",
        b'"local"',
        b'{"profile": "local", "size": {"workers": NaN}}',
        b'{"profile": "local", "size": {"workers": 1e999}}',
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_bodies_that_are_no_requests(api: API, body: bytes) -> None:
    status, answer = await api.call("POST", "clusters", raw=body)
    assert (status, bool(answer["field"])) == (400, True)
    assert len(json.dumps(answer)) < 2000
    assert await api.get("clusters") == []


@pytest.mark.parametrize("cluster_id", [NOBODY, "x", "..", "%2e%2e", "a" * 5000])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/scale", {"workers": 1}),
        ("POST", "/adapt", {"minimum": 0, "maximum": 1}),
        ("POST", "/retry", None),
        ("GET", "/connection", None),
        ("GET", "/workers", None),
        ("GET", "/logs", None),
    ],
)
async def test_unknown_clusters(api: API, cluster_id: str, method: str, path: str, body: object) -> None:
    status, answer = await api.call(method, f"clusters/{cluster_id}{path}", body)
    assert (status, answer["message"]) == (404, "There is no such cluster.")


async def test_wrong_sizes_leave_the_cluster_alone(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    path = f"clusters/{cluster['id']}"
    wrong: list[tuple[str, object, str]] = [
        ("scale", {"workers": -1}, "workers"),
        ("scale", {"workers": 100_000}, "workers"),
        ("scale", {"workers": "2"}, "workers"),
        ("scale", {}, "workers"),
        ("scale", [], "body"),
        ("adapt", {"minimum": 3, "maximum": 2}, "minimum"),
        ("adapt", {"minimum": 0}, "maximum"),
        ("adapt", {"minimum": 0, "maximum": 100_000}, "maximum"),
    ]
    for operation, body, field in wrong:
        status, answer = await api.call("POST", f"{path}/{operation}", body)
        assert (status, answer.get("field")) == (400, field), (operation, body, answer)
    status, answer = await api.call("GET", f"{path}/logs", params={"source": "/etc/passwd"})
    assert (status, answer["field"]) == (400, "source")
    cluster = await api.get(path)
    assert (cluster["size"], cluster["workers"]["running"]) == ({"workers": 1}, 1)


async def test_wrong_states(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    path = f"clusters/{cluster['id']}"
    status, _ = await api.call("GET", f"{path}/connection")
    assert status == 409
    await api.running(cluster["id"], workers=1)
    status, _ = await api.call("POST", f"{path}/retry")
    assert status == 409
    await api.call("DELETE", path)
    for operation, body in (("scale", {"workers": 2}), ("adapt", {"minimum": 0, "maximum": 2}), ("retry", None)):
        status, answer = await api.call("POST", f"{path}/{operation}", body)
        assert status == 409, answer
    await api.gone(cluster["id"])


def test_the_operations_are_all() -> None:
    """What is tested of each operation is tested of each route."""
    patterns = {pattern for pattern, _, _ in routes(None)} - {"/casa-labext/api/.*"}  # type: ignore[arg-type]
    paths = {f"/casa-labext/api/{path}" for _, path in operations()}
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, path) for path in paths)] == []


async def test_a_login_is_required(api: API, jp_fetch: Any) -> None:
    for method, path in operations():
        with pytest.raises(HTTPClientError) as error:
            await ask(jp_fetch, method, path, {"Authorization": ""})
        assert error.value.code == 403, (method, path)


async def test_what_is_not_allowed_is_refused(api: API, jp_serverapp: Any, jp_fetch: Any, jp_ws_fetch: Any) -> None:
    asked = set()

    class Nobody:
        """Refuses our resource."""

        def is_authorized(self, handler: object, user: object, action: str, resource: str) -> bool:
            asked.add((action, resource))
            return resource != "casa-labext"

    jp_serverapp.web_app.settings["authorizer"] = Nobody()
    for method, path in operations():
        asked.clear()
        with pytest.raises(HTTPClientError, match="403"):
            await (jp_ws_fetch("casa-labext", "api", "stream") if path == "stream" else ask(jp_fetch, method, path))
        assert asked == {("read" if method == "GET" else "write", "casa-labext")}, (method, path)


async def test_a_cookie_alone_changes_nothing(api: API, jp_serverapp: Any, jp_fetch: Any) -> None:
    """A page elsewhere can have the browser send its cookie, but does not know the XSRF token."""
    headers = {"Authorization": "", "Cookie": await cookies(jp_serverapp, jp_fetch)}
    assert await api.get("clusters", headers=headers) == []
    for method, path in operations():
        if method != "GET":
            status, answer = await api.call(method, path, raw=b"{}", headers=headers)
            assert (status, "_xsrf" in answer["message"]) == (403, True), (method, path)


async def test_a_page_of_a_foreign_origin_is_refused(api: API, jp_serverapp: Any, jp_fetch: Any) -> None:
    """Even with cookie and XSRF token; the WebSocket is in test_stream.py."""
    cookie = await cookies(jp_serverapp, jp_fetch)
    own = {"Authorization": "", "Cookie": f"{cookie}; _xsrf=abcd", "X-XSRFToken": "abcd"}
    foreign = {**own, "Origin": "https://example.org"}
    for method, path in operations():
        if path == "stream":
            continue
        with pytest.raises(HTTPClientError) as error:
            await ask(jp_fetch, method, path, foreign)
        assert error.value.code in (403, 404)
        assert error.value.response
        assert "There is no such cluster" not in error.value.response.body.decode(), (method, path)  # it was not even looked for
    assert await api.get("clusters", headers=own) == []
    status, answer = await api.call("DELETE", f"clusters/{NOBODY}", headers=own)
    assert (status, answer["message"]) == (404, "There is no such cluster.")


async def ask(jp_fetch: Any, method: str, path: str, headers: dict[str, str] | None = None) -> Any:
    """An answer that nobody reads; HTTPClientError if it is no good one."""
    body = None if method == "GET" else b"{}"
    return await jp_fetch("casa-labext", "api", *path.split("/"), method=method, body=body, headers=headers, allow_nonstandard_methods=True)


async def cookies(jp_serverapp: Any, jp_fetch: Any) -> str:
    """What a browser has after a login."""
    login = await jp_fetch("api", "me", headers={"Authorization": ""}, params={"token": jp_serverapp.identity_provider.token})
    return "; ".join(header.split(";")[0] for header in login.headers.get_list("Set-Cookie"))


async def test_the_scheduler_does_not_connect_to_addresses_of_a_client(api: API) -> None:
    cluster = await api.create()
    await api.running(cluster["id"])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"tls://127.0.0.1:{listening.getsockname()[1]}"
        for method, path, body in (
            ("GET", f"logs?source=workers&worker={address}", None),
            ("POST", "workers/restart", {"address": address}),
            ("POST", "workers/retire", {"address": address}),
        ):
            path, _, query = path.partition("?")
            params = dict(pair.split("=") for pair in query.split("&")) if query else {}
            status, answer = await api.call(method, f"clusters/{cluster['id']}/{path}", body, params=params)
            assert (status, answer["message"]) == (404, "There is no such worker.")
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


async def test_whole_numbers_may_be_written_with_a_point(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    await api.running(cluster["id"])
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/adapt", raw=b'{"minimum": 0.0, "maximum": 1.0}')
    assert status == 200
