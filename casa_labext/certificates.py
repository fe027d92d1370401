"""A certificate authority and a certificate for one cluster. As a script it prints them, as JSON with `ca`, `cert` and `key`.

The server has the script do it: for itself it would have to import what takes five MiB. The standard library and cryptography alone.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .host.record import TLSFiles

#: Longer than any cluster lives.
LIFETIME = timedelta(days=365)
#: Clocks of worker nodes may be behind.
CLOCK_SKEW = timedelta(days=1)
#: Seconds that the script may take: it imports from a cold network file system, perhaps.
DEADLINE = 30.0


def begin() -> subprocess.Popen[bytes]:
    """Start the script; `write` waits for it."""
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def write(directory: Path, script: subprocess.Popen[bytes]) -> TLSFiles:
    """Write what a script prints into a new private directory. OSError if that cannot be done, or there is nothing to write."""
    from .host.record import TLSFiles

    try:
        output, errors = script.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        end(script)
        raise OSError(f"The certificates were not made within {DEADLINE:g} s.") from None
    if script.returncode:
        raise OSError(f"The certificates could not be made: {''.join(errors.decode(errors='replace').splitlines()[-1:])}")
    directory.mkdir(mode=0o700)
    return TLSFiles(**{name: _write(directory / f"{name}.pem", text) for name, text in json.loads(output).items()})


def end(script: subprocess.Popen[bytes]) -> None:
    """Stop a script that nobody needs."""
    script.kill()
    script.communicate()


def generate() -> dict[str, str]:
    """One certificate serves scheduler, workers and clients: whoever has it is the cluster's owner. The authority's key is thrown away."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.now(timezone.utc)

    def builder(name: str, issuer: str, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not authority,
                    key_cert_sign=authority,
                    crl_sign=authority,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )

    serial = secrets.token_hex(8)
    ca_name, name = f"casa_labext CA {serial}", f"casa_labext {serial}"
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = builder(ca_name, ca_name, ca_key, authority=True).sign(ca_key, hashes.SHA256())
    cert = (
        builder(name, ca_name, key, authority=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {"ca": ca.public_bytes(pem).decode(), "cert": cert.public_bytes(pem).decode(), "key": private.decode()}


def _write(path: Path, text: str) -> str:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return str(path)


if __name__ == "__main__":
    print(json.dumps(generate()))
