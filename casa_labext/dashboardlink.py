"""Where a cluster's dashboard is seen in the browser: through this server, or as `distributed.dashboard.link` has it."""

from __future__ import annotations

import os
from string import Formatter

from jupyter_server.utils import url_path_join

#: Dask's own template, which does not work from another machine: it counts as none.
DASK = "{scheme}://{host}:{port}/status"


def wrong(template: object) -> str | None:
    """Why a template cannot be used, None if it can."""
    if not isinstance(template, str):
        return "It must be a text."
    try:
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        unset = [name for name in names if name not in {"scheme", "host", "port", *os.environ}]
        template.format(**{**os.environ, "scheme": "http", "host": "localhost", "port": 8787})
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        if not (isinstance(error, KeyError) and unset):
            return f"It is no template: {error}."
    if unset:
        return f"The environment variable {unset[0]} is not set. The link through this server is used instead."
    return None if "port" in names else "It has no {port}, so that all clusters would have the same link."


def link(template: object, base_url: str, port: int) -> str:
    """The link of a dashboard that listens on a port of this machine."""
    if not isinstance(template, str) or template == DASK or wrong(template):
        return url_path_join(base_url, "proxy", str(port), "status")
    return template.format(**{**os.environ, "scheme": "http", "host": "localhost", "port": port})
