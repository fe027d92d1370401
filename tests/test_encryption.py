"""Certificates that dask's configuration names, as at a facility: used, or refused with the reason."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from conftest import API, JSON
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from casa_labext import encryption

DAY = timedelta(days=1)


class Secrets:
    """A folder like the facility's: ca.pem, and hostcert.pem with the certificate and its key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.ca = folder / "ca.pem"
        self.cert = folder / "hostcert.pem"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ca.write_bytes(self._sign("CA", self.ca_key, -DAY, DAY))
        self.sign()

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, begin: timedelta, end: timedelta) -> bytes:
        now = datetime.now(timezone.utc)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begin)
            .not_valid_after(now + end)
            .add_extension(x509.BasicConstraints(ca=name == "CA", path_length=None), critical=True)
            .sign(self.ca_key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def sign(self, begin: timedelta = -DAY, end: timedelta = DAY, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        """Write the certificate anew, with a key that may be another's."""
        pem = (key or self.key).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.cert.write_bytes(self._sign("host", self.key, begin, end) + pem)

    def comm(self, **tls: Any) -> JSON:
        """The section of dask's configuration."""
        roles: JSON = {role: {"cert": str(self.cert)} for role in encryption.ROLES}
        return {"require-encryption": True, "tls": {"ca-file": str(self.ca), **roles, **tls}}


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "secrets")


def test_good_certificates(secrets: Secrets) -> None:
    comm = encryption.read(secrets.comm())
    assert encryption.problems(comm) == []
    assert (encryption.choose(True, comm), encryption.choose(False, comm)) == ("configured", "overridden")


def test_nothing_is_configured() -> None:
    section: Any
    for section in (None, {}, [], {"tls": None}, {"require_encryption": False, "tls": {"ca_file": None, "worker": {"cert": None}}}):
        comm = encryption.read(section)
        assert encryption.problems(comm) == []
        assert (encryption.choose(True, comm), encryption.choose(False, comm)) == ("own", "off")


def spoil(secrets: Secrets, how: str) -> JSON:
    """Make one thing wrong."""
    other = Secrets(secrets.ca.parent / "other")
    if how == "missing":
        secrets.ca.unlink()
    elif how == "directory":
        secrets.ca.unlink()
        secrets.ca.mkdir()
    elif how == "garbage":
        secrets.ca.write_text("no certificate")
    elif how == "expired":
        secrets.sign(-2 * DAY, -DAY)
    elif how == "early":
        secrets.sign(DAY, 2 * DAY)
    elif how == "key":
        secrets.sign(key=other.key)
    elif how == "no key":
        secrets.cert.write_bytes(secrets.cert.read_bytes().partition(b"-----BEGIN PRIVATE")[0])
    elif how == "authority":
        secrets.ca.write_bytes(other.ca.read_bytes())
    elif how == "unset":
        return secrets.comm(worker={"cert": None})
    return secrets.comm()


@pytest.mark.parametrize(
    ("how", "key", "words"),
    [
        ("missing", "ca-file", "ca.pem cannot be read: No such file or directory."),
        ("directory", "ca-file", "ca.pem cannot be read: Is a directory."),
        ("garbage", "ca-file", "ca.pem has no certificate in PEM format."),
        ("expired", "scheduler.cert", "hostcert.pem has expired on "),
        ("early", "scheduler.cert", "hostcert.pem is not valid before "),
        ("key", "scheduler.cert", "does not belong to the certificate in "),
        ("no key", "scheduler.cert", "hostcert.pem has no key in PEM format without a password."),
        ("authority", "scheduler.cert", "hostcert.pem was not signed by any authority in the ca-file."),
        ("unset", "worker.cert", "It is not set, and encryption is required."),
    ],
)
def test_what_is_wrong_is_named(secrets: Secrets, how: str, key: str, words: str) -> None:
    where, message = encryption.problems(encryption.read(spoil(secrets, how)))[0]
    assert where == f"distributed.comm.tls.{key}"
    assert words in message


def test_a_ca_file_that_is_not_there_is_told_even_without_encryption() -> None:
    # It breaks every client.
    comm = encryption.read({"require-encryption": False, "tls": {"ca-file": "/nowhere/ca.pem"}})
    assert [where for where, _ in encryption.problems(comm)] == ["distributed.comm.tls.ca-file"]
    assert encryption.choose(True, comm) == "own"


def kernel(cluster: JSON, code: str) -> str:
    """Run the snippet in a Python that has the facility's configuration, as a kernel has."""
    program = f"{cluster['connection']['snippet']}\n{code}"
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def plain(address: str) -> str:
    """What a client says that has no certificate."""
    program = f'from dask.distributed import Client\nClient("{address}".replace("tls", "tcp"), timeout=3)'
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60, env={})
    assert done.returncode
    return done.stderr


CONFIGURATION = """
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: {ca}
      scheduler: {{cert: {cert}}}
      worker: {{cert: {cert}}}
      client: {{cert: {cert}}}
jobqueue:
  htcondor: {{interface: lo, memory: 500MiB, disk: 100MiB}}
"""


@pytest.mark.system
@pytest.mark.parametrize("profile", ["local", "htcondor"])
async def test_require_encryption_uses_the_facilitys_certificates(
    profile: str, request: pytest.FixtureRequest, api: API, secrets: Secrets, dask_config: Callable[[str], Path]
) -> None:
    if profile != "local":
        request.getfixturevalue(profile)
    dask_config(CONFIGURATION.format(ca=secrets.ca, cert=secrets.cert))
    cluster = await api.create(profile, size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    connection = cluster["connection"]
    assert cluster["encrypted"]
    assert connection["tls"] is None
    address = connection["address"]
    assert address.startswith("tls://")
    assert connection["snippet"] == f'from dask.distributed import Client\n\nclient = Client("{address}")\nclient'
    assert kernel(cluster, "print(client.submit(sum, range(10)).result())") == "45"
    assert re.search("reset by peer|Timed out", plain(address))
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


@pytest.mark.system
async def test_require_encryption_with_certificates_that_are_no_good_is_refused(
    api: API, secrets: Secrets, dask_config: Callable[[str], Path]
) -> None:
    secrets.ca.unlink()
    dask_config(CONFIGURATION.format(ca=secrets.ca, cert=secrets.cert))
    status, answer = await api.call("POST", "clusters", {"profile": "local"})
    assert (status, answer["field"]) == (400, "options.encryption")
    assert answer["message"] == f"distributed.comm.tls.ca-file: {secrets.ca} cannot be read: No such file or directory."
    offer = await api.get("profiles")
    assert {"where": "distributed.comm.tls.ca-file", "message": f"{secrets.ca} cannot be read: No such file or directory."} in offer[
        "problems"
    ]
    # Without encryption a cluster works all the same, and says so.
    cluster = await api.create("local", size={"workers": 1}, options={"encryption": False})
    cluster = await api.running(cluster["id"], workers=1)
    assert not cluster["encrypted"]
    assert kernel(cluster, "print(client.submit(sum, range(10)).result())") == "45"
