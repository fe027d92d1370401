"""A certificate authority and a certificate for one cluster."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from .host.record import TLSFiles

#: Longer than any cluster lives.
LIFETIME = timedelta(days=365)
#: Clocks of worker nodes may be behind.
CLOCK_SKEW = timedelta(days=1)


def make(directory: Path, cluster_id: str) -> TLSFiles:
    """Write `ca.pem`, `cert.pem` and `key.pem` for a cluster into a new private directory.

    One certificate serves scheduler, workers and clients: whoever has it is the cluster's owner. The authority's key is thrown away.
    """
    # Imported here: most servers never make a cluster.
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

    ca_name, name = f"casa_labext CA {cluster_id}", f"casa_labext {cluster_id}"
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = builder(ca_name, ca_name, ca_key, authority=True).sign(ca_key, hashes.SHA256())
    cert = (
        builder(name, ca_name, key, authority=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    key_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    directory.mkdir(mode=0o700)
    return TLSFiles(
        ca=_write(directory / "ca.pem", ca.public_bytes(serialization.Encoding.PEM)),
        cert=_write(directory / "cert.pem", cert.public_bytes(serialization.Encoding.PEM)),
        key=_write(directory / "key.pem", key_pem),
    )


def _write(path: Path, data: bytes) -> str:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return str(path)
