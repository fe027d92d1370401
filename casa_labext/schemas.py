"""Checks what comes from outside against JSON Schema: requests (openapi.yaml), options, configuration."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from .host.errors import MAXIMUM_LENGTH, WrongRequest
from .host.record import Size

OPENAPI = Path(__file__).parent / "openapi.yaml"
#: Bytes of a request's body: the largest sensible one has a few hundred.
MAXIMUM_BODY = 64 * 1024


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    # The C loader reads it in 5 ms, the other one would hold the event loop for 50.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parsed: dict[str, Any] = yaml.load(OPENAPI.read_text(), loader)  # noqa: S506
    return parsed


@cache
def validator(component: str) -> Draft202012Validator:
    """The validator of a schema of the OpenAPI document."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{component}", "components": document()["components"]})


def check(of: Draft202012Validator, value: object, field: str = "") -> None:
    """WrongRequest naming the field if a value is not as a schema says."""
    # The error that explains best what is wrong.
    error = best_match(of.iter_errors(value))
    if error is None:
        return
    path = [field, *map(str, error.absolute_path)] if field else [str(part) for part in error.absolute_path]
    message = error.message
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        allowed = schema.get("properties", {}).keys()
        name = sorted(instance.keys() - allowed)[0]
        path.append(name)
        message = f"There is no {name!r}; there are {', '.join(allowed)}." if allowed else f"There is no {name!r}."
    elif error.validator == "required":
        path += [name for name in schema["required"] if name not in instance][:1]
    elif error.validator == "pattern":
        message = " ".join([f"{instance!r} is not as it must be.", schema.get("description", "")]).strip()
    if len(message) > MAXIMUM_LENGTH:
        message = message[: MAXIMUM_LENGTH - 1] + "…"
    raise WrongRequest(message, field=".".join(path) or None)


def read_body(body: bytes, component: str) -> dict[str, Any]:
    """A request's JSON body, checked against a schema of the OpenAPI document."""
    if len(body) > MAXIMUM_BODY:
        raise WrongRequest(f"The body has more than {MAXIMUM_BODY} bytes.", field="body")
    try:
        value: dict[str, Any] = json.loads(body, parse_float=_number, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise WrongRequest("The body is not JSON in UTF-8.", field="body") from None
    if not isinstance(value, dict):
        raise WrongRequest("The body must be an object.", field="body")
    check(validator(component), value)
    return value


def _number(text: str) -> float | int:
    """A number; 1.0 is an integer to JSON Schema, but not to everybody."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _no_constant(name: str) -> None:
    raise ValueError(name)


def check_size(size: Size, maximum: int, field: str = "size", together: int = 1) -> None:
    """WrongRequest if a size is beyond a maximum, or its minimum beyond its own maximum. `together`: the workers of one job."""
    for key in ("workers", "minimum", "maximum"):
        if whole_jobs(size.get(key, 0), together) > maximum:
            jobs = f", and each job has {together}" if together > 1 else ""
            raise WrongRequest(f"At most {maximum} workers are allowed{jobs}.", field=_join(field, key))
    if "minimum" in size and size["minimum"] > size["maximum"]:
        raise WrongRequest("The minimum is larger than the maximum.", field=_join(field, "minimum"))


def whole_jobs(workers: int, together: int) -> int:
    """The workers that come where so many are wanted and each job has some."""
    return -(-workers // together) * together


def _join(*names: str) -> str:
    return ".".join(name for name in names if name)
