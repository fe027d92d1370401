"""Finds the Jupyter server that runs, and talks to its REST interface."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlencode, urlsplit

import psutil
from jupyter_core.paths import jupyter_runtime_dir
from tornado.httpclient import HTTPClient, HTTPClientError

from ..host.errors import ClusterError, Unknown, WrongRequest, describe
from ..hostclient import SocketResolver

API = "casa-labext/api"
#: Seconds for an answer: scaling and previews may take long.
DEADLINE = 90.0
#: The scheme of a server that listens on a Unix socket, as Jupyter writes it.
UNIX = "http+unix"
#: What a browser's address has after that of the server.
PAGES = r"/(lab(/(tree|workspaces)(/.*)?)?|tree)/?$"


class NoServer(ClusterError):
    """There is no server to talk to, or none that could be told from others."""


class Server:
    """A Jupyter server with the extension."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/") + "/"
        self._token = token
        parts = urlsplit(self.url)
        over_socket = parts.scheme == UNIX
        self._address = f"http://localhost{parts.path}" if over_socket else self.url
        self._resolver = SocketResolver(path=unquote(parts.netloc)) if over_socket else None

    @classmethod
    def find(cls, url: str | None = None, token: str | None = None) -> Server:
        """The one at `url`; else the one whose terminal or kernel this is; else the only one of this user that runs."""
        running = _running()
        # Under JupyterHub a server lets in whoever has its own token. No address that was typed gets it, but a server's own.
        hub = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        if url:
            parts = _parse(url)
            token = token or parse_qs(parts.query).get("token", [None])[0]
            bare = parts._replace(query="", fragment="", path=re.sub(PAGES, "", parts.path))
            same = [info for info in running if _same(_parse(info["url"]), bare)]
            return cls(bare.geturl(), token or (same[0]["token"] or hub if same else ""))
        around = os.environ.get("JUPYTER_SERVER_URL")
        parents = {process.pid for process in psutil.Process().parents()}
        ours = [info for info in running if around and _same(_parse(info["url"]), _parse(around))]
        ours = ours or [info for info in running if info["pid"] in parents] or running
        if len(ours) == 1:
            return cls(ours[0]["url"], token or ours[0]["token"] or hub)
        if running:
            urls = ", ".join(sorted(info["url"] for info in running))
            raise NoServer(f"Several Jupyter servers run: {urls}.", hint="Name one with --url, or in JUPYTER_SERVER_URL.")
        raise NoServer("No Jupyter server of yours runs here.", hint="Start JupyterLab, or name a server with --url.")

    def call(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """The JSON of an answer. ClusterError with the server's words, Unknown if there is no such thing."""
        client = HTTPClient(resolver=self._resolver) if self._resolver else HTTPClient()
        try:
            response = client.fetch(
                f"{self._address}{API}/{path}" + (f"?{urlencode(query)}" if query else ""),
                method=method,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"token {self._token}"},
                allow_nonstandard_methods=True,
                request_timeout=DEADLINE,
                follow_redirects=False,
            )
            return json.loads(response.body)
        except HTTPClientError as error:
            raise self._in_words(error) from error
        except ssl.SSLError as error:
            hint = "Name its authority in SSL_CERT_FILE, and with --url the server by the name in its certificate."
            raise NoServer(f"The certificate of {self.url} cannot be trusted: {describe(error)}", hint=hint) from error
        except (OSError, ValueError) as error:
            raise NoServer(f"The server at {self.url} does not answer: {describe(error)}", hint="See jupyter server list.") from error
        finally:
            client.close()

    def _in_words(self, error: HTTPClientError) -> ClusterError:
        try:
            answer = json.loads(error.response.body) if error.response else {}
        except ValueError:
            answer = {}
        if isinstance(answer, dict) and "message" in answer and error.code not in (401, 403):
            field = f"{answer['field']}: " if answer.get("field") else ""
            kind = Unknown if error.code == Unknown.status else ClusterError
            return kind(f"{field}{answer['message']}", hint=answer.get("hint"))
        if error.code in (302, 401, 403):
            hint = "Give its token with --token or in the URL; one with a password alone has none: start it with --IdentityProvider.token."
            return NoServer(f"The server at {self.url} does not let you in.", hint=hint)
        if error.code == 404:
            return NoServer(f"The server at {self.url} does not have casa_labext.", hint="Run casa doctor in its environment.")
        return NoServer(f"The server at {self.url} does not answer: {error}")

    def cluster(self, name: str | None) -> dict[str, Any]:
        """The cluster with a name or the beginning of an id; for None the default one, or the only one. ClusterError if there is none."""
        clusters: list[dict[str, Any]] = self.call("GET", "clusters")
        if name is None:
            found = [cluster for cluster in clusters if cluster["default"]] or clusters
        else:
            found = [cluster for cluster in clusters if cluster["name"] == name]
            found = found or [cluster for cluster in clusters if len(name) >= 4 and cluster["id"].startswith(name)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise ClusterError(f"There is no cluster {name!r}." if name else "There is no cluster.", hint="See casa list.")
        raise ClusterError("Several clusters could be meant.", hint="Name one: " + ", ".join(cluster["name"] for cluster in found))


def _running() -> list[dict[str, Any]]:
    """The servers of this user, as `jupyter server list` has them; importing jupyter_server for that would take a second."""
    found = []
    for path in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
        try:
            info = json.loads(path.read_text())
            # Its token is for it alone: the home may be another machine's too, where the same pid is anybody's.
            if _listens(psutil.Process(info["pid"]), info):
                found.append(info)
        except (OSError, ValueError, KeyError, psutil.Error):
            continue
    return found


def _listens(process: psutil.Process, info: dict[str, Any]) -> bool:
    """Whether a process of this user is the server that a file tells of."""
    if process.uids().real != os.getuid():
        return False
    if info.get("sock"):
        return True  # its folder says whose it is
    connections = (getattr(process, "net_connections", None) or process.connections)()  # psutil 6 has renamed it
    return any(connection.status == psutil.CONN_LISTEN and connection.laddr.port == info["port"] for connection in connections)


def _parse(url: str) -> SplitResult:
    """The parts of a server's address. WrongRequest if it is none."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme == UNIX or (parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        valid = False
    if not valid:
        raise WrongRequest(f"{url!r} is not the address of a server.", hint="One looks like http://localhost:8888/.")
    return parts


def _same(running: SplitResult, wanted: SplitResult) -> bool:
    """Whether an address is that of a server that runs here, whatever name this machine goes by."""
    if running.path.rstrip("/") != wanted.path.rstrip("/"):
        return False
    if UNIX in (running.scheme, wanted.scheme):
        return running[:2] == wanted[:2]
    return running.port == wanted.port and (running.hostname == wanted.hostname or _is_here(wanted.hostname or ""))


def _is_here(host: str) -> bool:
    """Whether a name means this machine."""
    try:
        found = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    own = {address.address.partition("%")[0] for addresses in psutil.net_if_addrs().values() for address in addresses}
    return all(address in own or ipaddress.ip_address(address).is_loopback for address in found)
