#!/usr/bin/env python3
"""A DNS server for test clusters: SERVICE.NAMESPACE.svc.cluster.local, asked of the API
server at each query, so that it never lags behind.  Standard library only.

Usage: dns.py ADDRESS KUBECONFIG(JSON)
"""

import base64
import json
import socket
import socketserver
import ssl
import struct
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from typing import Any

ADDRESS, KUBECONFIG = sys.argv[1:3]
DOMAIN = ".svc.cluster.local"
A, AAAA, NXDOMAIN = 1, 28, 3

with open(KUBECONFIG) as file:
    config = json.load(file)
server = config["clusters"][0]["cluster"]
user = config["users"][0]["user"]
context = ssl.create_default_context(cadata=base64.b64decode(server["certificate-authority-data"]).decode())
with tempfile.NamedTemporaryFile() as pem:
    pem.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
    pem.flush()
    context.load_cert_chain(pem.name)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def get(path: str) -> Any:
    try:
        with opener.open(server["server"] + path, timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return None


def addresses(name: str) -> list[str] | None:
    """The IPv4 addresses of a name, or None where there is no such name."""
    if not name.endswith(DOMAIN):
        return None
    labels = name[: -len(DOMAIN)].split(".")
    if len(labels) < 2:
        return None
    service_name, namespace = labels[-2:]
    service = get(f"/api/v1/namespaces/{namespace}/services/{service_name}")
    if service is None:
        return None
    if service["spec"].get("clusterIP") not in (None, "", "None"):
        return [service["spec"]["clusterIP"]] if len(labels) == 2 else None
    endpoints = get(f"/api/v1/namespaces/{namespace}/endpoints/{service_name}") or {}
    return [
        a["ip"]
        for subset in endpoints.get("subsets") or ()
        for a in subset.get("addresses") or ()
        if len(labels) == 2 or a.get("hostname") == labels[0]
    ] or None


def answer(query: bytes) -> bytes:
    ident, flags, _ = struct.unpack("!HHH", query[:6])
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += query[at] + 1
    (kind,) = struct.unpack("!H", query[at + 1 : at + 3])
    question = query[12 : at + 5]
    found = addresses(".".join(labels).lower())
    records = [socket.inet_aton(a) for a in found or ()] if kind == A else []
    head = struct.pack("!HHHHHH", ident, 0x8480 | (flags & 0x0100) | (NXDOMAIN if found is None else 0), 1, len(records), 0, 0)
    return head + question + b"".join(struct.pack("!HHHIH", 0xC00C, A, 1, 1, 4) + r for r in records)


class Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        sock.sendto(answer(data), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        size = self.rfile.read(2)
        if len(size) == 2:
            reply = answer(self.rfile.read(struct.unpack("!H", size)[0]))
            self.wfile.write(struct.pack("!H", len(reply)) + reply)


socketserver.ThreadingUDPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.allow_reuse_address = True
tcp = socketserver.ThreadingTCPServer((ADDRESS, 53), Tcp)
threading.Thread(target=tcp.serve_forever, daemon=True).start()
socketserver.ThreadingUDPServer((ADDRESS, 53), Udp).serve_forever()
