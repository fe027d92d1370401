"""The errors that reach the user."""

from __future__ import annotations

MAXIMUM_LENGTH = 500


class ClusterError(Exception):
    """Something that did not work, in words for the user.

    `status` is the HTTP status with which a request is answered that ends in it, `field` the wrong field of the request and `hint` what
    to do about it.
    """

    status = 503

    def __init__(self, message: str, *, hint: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field


class WrongRequest(ClusterError):
    """What was asked for makes no sense."""

    status = 400


class Unknown(ClusterError):
    """There is no such thing."""

    status = 404


class WrongState(ClusterError):
    """The cluster's state does not allow it."""

    status = 409


class DeadlineExceeded(ClusterError):
    """Something took too long."""


def describe(error: BaseException) -> str:
    """One line about an error: what it began with, since dask and others wrap it ("Scheduler failed to start")."""
    if isinstance(error, ClusterError):
        return error.message
    seen = {id(error)}
    root = error
    while (cause := root.__cause__ or root.__context__) and id(cause) not in seen:
        seen.add(id(cause))
        root = cause
    text = _line(root)
    if root is not error:
        text += f" ({_line(error)})"
    return text if len(text) <= MAXIMUM_LENGTH else text[: MAXIMUM_LENGTH - 1] + "…"


def _line(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
