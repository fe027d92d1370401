"""The Dask clusters of an analysis facility, in JupyterLab."""

from __future__ import annotations

from typing import Any


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "casa-labext"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import CasaLabext

    return [{"module": "casa_labext", "app": CasaLabext}]
