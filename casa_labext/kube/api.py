"""The Kubernetes API, in words when something is wrong with it."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Awaitable
from typing import Any, TypeVar

from ..host.errors import ClusterError, describe

T = TypeVar("T")

CORE, APPS, DASK = "v1", "apps/v1", "kubernetes.dask.org/v1"
#: The labels with which we know our own resources again, and those of the Dask operator.
OWNER, CLUSTER, COMPONENT = "casa-labext.github.io/cluster", "dask.org/cluster-name", "dask.org/component"
#: What can be done about an answer with such a status.
HINTS = {401: "Your credentials for Kubernetes are no good, or have expired.", 403: "Your account is not allowed to: ask the operator."}
#: Seconds for one answer.
DEADLINE = 8.0


class Missing(ClusterError):
    """There is no such resource."""


class API:
    """What is asked of one namespace."""

    def __init__(self, client: Any, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    @classmethod
    async def connect(cls, namespace: str) -> API:
        """A client for a namespace, or the one of the credentials. ClusterError if there are none."""
        import kr8s

        warnings.filterwarnings("ignore", module="kr8s")  # about versions of Kubernetes that it was not tested with
        try:
            client = await _in_words(kr8s.asyncio.api(namespace=namespace or None))
        except kr8s.ServerError as error:
            status = error.response.status_code if error.response else 0
            raise ClusterError(f"Kubernetes refuses it: {error}", hint=HINTS.get(status)) from error
        except ValueError as error:
            raise ClusterError(
                f"There are no credentials for Kubernetes: {describe(error)}",
                hint="A kubeconfig file ($KUBECONFIG) or a service account is needed.",
            ) from error
        return cls(client, namespace or client.namespace)

    async def call(self, method: str, version: str, path: str, body: Any = None, *, everywhere: bool = False, **params: str) -> Any:
        """The JSON of an answer. Missing for what is not there, ClusterError for all else that is wrong."""
        text = await self.text(method, version, path, body, everywhere=everywhere, **params)
        return json.loads(text)

    async def text(self, method: str, version: str, path: str, body: Any = None, *, everywhere: bool = False, **params: str) -> str:
        """The same, as it is."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        content = None if body is None else json.dumps(body)
        return await _in_words(
            self._text(
                method,
                version=version,
                url=path,
                namespace=None if everywhere else self.namespace,
                content=content,
                headers={"Content-Type": kind},
                params=params,
            )
        )

    async def _text(self, method: str, **arguments: Any) -> str:
        status, text = await self._ask(method, **arguments)
        if status == 401:
            # Tokens expire, some after minutes. kr8s sees to it itself, but for what is forbidden as well, three times.
            await self.client.auth.reauthenticate()
            await self.client._create_session()
            status, text = await self._ask(method, **arguments)
        if status < 400:
            return text
        try:
            message = json.loads(text)["message"]
        except (ValueError, KeyError, TypeError):
            message = f"{status} {text[:200]}"
        if status == 404:
            raise Missing(message)
        raise ClusterError(f"Kubernetes refuses it: {message}", hint=HINTS.get(status))

    async def _ask(self, method: str, **arguments: Any) -> tuple[int, str]:
        async with self.client.call_api(method, raise_for_status=False, **arguments) as response:
            return response.status_code, response.text


async def _in_words(answer: Awaitable[T]) -> T:
    """An answer; ClusterError if it does not come."""
    import httpx
    import kr8s

    try:
        return await asyncio.wait_for(answer, DEADLINE)
    except (httpx.HTTPError, kr8s.APITimeoutError, OSError, asyncio.TimeoutError) as error:
        raise ClusterError(f"The Kubernetes API does not answer: {describe(error)}") from error
