"""Whose certificates a cluster uses, and whether those that dask's configuration names are any good.

Dask itself says "No such file or directory" without a name, or refuses connections; here the key, the file and the reason are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PREFIX = "distributed.comm"
ROLES = ("scheduler", "worker", "client")


@dataclass(frozen=True)
class Comm:
    """What dask's configuration says below `distributed.comm`."""

    required: bool
    #: Paths by their keys below `tls`: `ca-file`, `scheduler.cert`, …
    files: dict[str, str]

    @property
    def complete(self) -> bool:
        """Whether every role has a certificate."""
        return {"ca-file", *(f"{role}.cert" for role in ROLES)} <= self.files.keys()


def read(comm: object) -> Comm:
    """The section, as probe.py tells it."""
    section = _hyphens(comm)
    tls = _hyphens(section.get("tls"))
    files = {"ca-file": tls.get("ca-file")}
    for role in ROLES:
        files |= {f"{role}.{name}": _hyphens(tls.get(role)).get(name) for name in ("cert", "key")}
    return Comm(bool(section.get("require-encryption")), {key: str(path) for key, path in files.items() if path})


def _hyphens(section: object) -> dict[str, Any]:
    return {str(key).replace("_", "-"): value for key, value in section.items()} if isinstance(section, dict) else {}


def choose(encrypted: bool, comm: Comm) -> str:
    """`Record.encryption` for a cluster that is to be encrypted, or is not."""
    if not encrypted:
        return "overridden" if comm.required or comm.files else "off"
    return "configured" if comm.required or comm.complete else "own"


def problems(comm: Comm) -> list[tuple[str, str]]:
    """What is wrong with the configured certificates: the key, and the file with the reason. Reads files: call it in a thread."""
    found = []
    authorities: list[Certificate] = []
    for key in ("ca-file", *(f"{role}.cert" for role in ROLES)):
        where = f"{PREFIX}.tls.{key}"
        path = comm.files.get(key)
        try:
            if path is None:
                if comm.required:
                    raise _Wrong("It is not set, and encryption is required.")
            elif key == "ca-file":
                authorities = _certificates(path)
            else:
                _check(path, comm.files.get(key.replace("cert", "key")), authorities)
        except _Wrong as error:
            found.append((where, str(error)))
    return found


class _Wrong(Exception):
    pass


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _Wrong(f"{path} cannot be read: {error.strerror}.") from error


def _certificates(path: str) -> list[Certificate]:
    from cryptography import x509

    try:
        certificates = x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise _Wrong(f"{path} has no certificate in PEM format.") from None
    now = datetime.now(timezone.utc)
    # A file of authorities may have an old one beside the one that counts.
    for certificate in certificates[:1]:
        if certificate.not_valid_after_utc < now:
            raise _Wrong(f"{path} has expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC.")
        if certificate.not_valid_before_utc > now:
            raise _Wrong(f"{path} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC.")
    return certificates


def _check(path: str, key_path: str | None, authorities: list[Certificate]) -> None:
    """A certificate, perhaps with the rest of its chain and with its key in the same file."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificate, *chain = _certificates(path)
    key_file = key_path or path
    try:
        key = load_pem_private_key(_read(key_file), None)
    except (ValueError, TypeError):
        raise _Wrong(f"{key_file} has no key in PEM format without a password.") from None
    if key.public_key() != certificate.public_key():
        raise _Wrong(f"The key in {key_file} does not belong to the certificate in {path}.")
    for issuer in (*chain, *authorities):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return
    if authorities:
        raise _Wrong(f"{path} was not signed by any authority in the ca-file.")
