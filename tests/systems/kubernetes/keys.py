"""Keys, certificates, and the kubeconfigs of those who talk to the API server."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

from .layout import API, ETC, NODE_IP, NODE_NAME, PKI, RUN, SERVICE_API, run, write

#: Those who show the API server a certificate, and as whom.
USERS = {
    "admin": "/O=system:masters/CN=admin",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
    "kubelet": f"/O=system:nodes/CN=system:node:{NODE_NAME}",
}
#: The API server's names.
NAMES = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
DAYS = 30
EXTENSIONS = """\
basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
authorityKeyIdentifier=keyid
"""


def make() -> None:
    """Make them all."""
    PKI.mkdir(parents=True, exist_ok=True)
    _key("ca")
    usage = "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"
    _openssl(f"req -x509 -new -key ca.key -subj /CN=k8stest-ca -days {DAYS} -addext {usage} -out ca.crt")
    _key("sa")
    _openssl("pkey -in sa.key -pubout -out sa.pub")
    addresses = [f"IP:{address}" for address in ("127.0.0.1", NODE_IP, SERVICE_API)]
    names = ",".join([*addresses, *(f"DNS:{name}" for name in NAMES)])
    _certificate("apiserver", "/CN=kube-apiserver", f"extendedKeyUsage=serverAuth\nsubjectAltName={names}\n")
    _certificate("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    for name, subject in USERS.items():
        _certificate(name, subject)
        _kubeconfig(name, API, ETC / f"{name}.kubeconfig")
    _kubeconfig("admin", API, RUN / "kubeconfig")
    # For programs outside the namespace, by way of the relay that `up` starts.
    _kubeconfig("admin", f"https://127.0.0.1:{os.environ['K8S_HOST_PORT']}", RUN / "kubeconfig-outside")


def _openssl(arguments: str) -> None:
    run("openssl", *arguments.split(), cwd=PKI, stderr=subprocess.DEVNULL)


def _key(name: str) -> None:
    _openssl(f"genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {name}.key")


def _certificate(name: str, subject: str, usage: str = "extendedKeyUsage=clientAuth\n") -> None:
    _key(name)
    _openssl(f"req -new -key {name}.key -subj {subject} -out {name}.csr")
    write(PKI / f"{name}.ext", EXTENSIONS + usage)
    signed = "-CA ca.crt -CAkey ca.key -CAcreateserial"
    _openssl(f"x509 -req -in {name}.csr {signed} -days {DAYS} -extfile {name}.ext -out {name}.crt")


def _kubeconfig(user: str, server: str, path: Path) -> None:
    def data(file: str) -> str:
        return base64.b64encode((PKI / file).read_bytes()).decode()

    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "k8stest",
        "clusters": [{"name": "k8stest", "cluster": {"server": server, "certificate-authority-data": data("ca.crt")}}],
        "users": [{"name": user, "user": {"client-certificate-data": data(f"{user}.crt"), "client-key-data": data(f"{user}.key")}}],
        "contexts": [{"name": "k8stest", "context": {"cluster": "k8stest", "user": user, "namespace": "default"}}],
    }
    write(path, json.dumps(config, indent=1)).chmod(0o600)
