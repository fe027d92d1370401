"""The Python code that connects a notebook to a cluster. It needs nothing but distributed."""

from __future__ import annotations

from .host.record import TLSFiles


def client_code(address: str, encryption: str, tls: TLSFiles | None) -> str:
    """Code that makes `client`; with a cluster's own certificates it names their files. `encryption` as in Record."""
    if encryption == "overridden":
        return f"""from dask.distributed import Client, Security

# Dask's configuration has encryption, this cluster has none.
security = Security(require_encryption=False, tls_ca_file=None)
client = Client("{address}", security=security)
client"""
    if tls is None:
        return f'from dask.distributed import Client\n\nclient = Client("{address}")\nclient'
    return f"""from dask.distributed import Client, Security

security = Security(
    require_encryption=True,
    tls_ca_file={tls.ca!r},
    tls_client_cert={tls.cert!r},
    tls_client_key={tls.key!r},
)
client = Client("{address}", security=security)
client"""
