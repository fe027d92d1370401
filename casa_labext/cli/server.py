"""Finds the Jupyter server that runs, and talks to its REST interface."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
from jupyter_core.paths import jupyter_runtime_dir
from tornado.httpclient import HTTPClient, HTTPClientError

from ..host.errors import ClusterError, describe

API = "casa-labext/api"
#: Seconds for an answer: scaling and previews may take long.
DEADLINE = 90.0


class NoServer(ClusterError):
    """There is no server to talk to, or none that could be told from others."""


class Server:
    """A Jupyter server with the extension."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/") + "/"
        self._token = token

    @classmethod
    def find(cls, url: str | None = None, token: str | None = None) -> Server:
        """The one at `url`; else that of this terminal; else the only one of this user that runs."""
        parts = urlsplit(url or os.environ.get("JUPYTER_SERVER_URL", ""))
        token = token or dict(part.partition("=")[::2] for part in parts.query.split("&")).get("token")
        wanted = parts._replace(query="", fragment="").geturl().rstrip("/").removesuffix("/lab")
        running = {info["url"].rstrip("/"): info for info in _running()}
        # Under JupyterHub a server lets in whoever has its own token.
        hub = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        same = [info for address, info in running.items() if _place(address) == _place(wanted)]
        if url or same:
            return cls(wanted, token or (same[0]["token"] if same else "") or hub)
        if len(running) == 1:
            (info,) = running.values()
            return cls(info["url"], token or info["token"] or hub)
        if running:
            raise NoServer(f"Several Jupyter servers run: {', '.join(sorted(running))}.", hint="Name one with --url.")
        raise NoServer("No Jupyter server of yours runs here.", hint="Start JupyterLab, or name a server with --url.")

    def call(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """The JSON of an answer. ClusterError with the server's words."""
        client = HTTPClient()
        try:
            response = client.fetch(
                f"{self.url}{API}/{path}" + (f"?{urlencode(query)}" if query else ""),
                method=method,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"token {self._token}"},
                allow_nonstandard_methods=True,
                request_timeout=DEADLINE,
                follow_redirects=False,
            )
        except HTTPClientError as error:
            raise self._in_words(error) from error
        except OSError as error:
            raise NoServer(f"The server at {self.url} does not answer: {describe(error)}") from error
        finally:
            client.close()
        return json.loads(response.body)

    def _in_words(self, error: HTTPClientError) -> ClusterError:
        try:
            answer = json.loads(error.response.body) if error.response else {}
        except ValueError:
            answer = {}
        if isinstance(answer, dict) and "message" in answer and error.code not in (401, 403):
            field = f"{answer['field']}: " if answer.get("field") else ""
            return ClusterError(f"{field}{answer['message']}", hint=answer.get("hint"))
        if error.code in (302, 401, 403):
            return NoServer(f"The server at {self.url} does not let you in.", hint="Give its token with --token or in the URL.")
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
            if psutil.pid_exists(info["pid"]):
                found.append(info)
        except (OSError, ValueError, KeyError):
            continue
    return found


def _place(url: str) -> tuple[int | None, str]:
    """What tells servers of this machine apart, whatever name it goes by."""
    parts = urlsplit(url)
    return parts.port, parts.path.rstrip("/")
