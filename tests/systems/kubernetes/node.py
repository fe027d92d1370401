"""`python -m systems.kubernetes.node`: a one-node Kubernetes from separately built binaries, for tests.

Started by `up` as process 1 of fresh network, mount, PID and IPC namespaces, so

* nothing it listens on, routes or filters is visible to the machine it runs on,
* no packet can leave (the network namespace has a bridge of its own and nothing else),
* when this process ends the kernel ends every daemon, shim and container with it.

It starts etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd, kubelet, kube-proxy and a small DNS server, waits until
the node is Ready and then writes the file `ready` to $K8S_RUN. SIGTERM stops it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable

from . import keys, namespaces, settings
from .layout import API, BIN, ENV, ETC, HERE, LOGS, NODE_IP, NODE_NAME, PKI, POD_NET, PREFIX, RUN, SERVICE_DNS, SERVICE_NET, run, write

daemons: dict[str, subprocess.Popen[bytes]] = {}
T0 = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - T0:6.1f}s] {text}", flush=True)


def daemon(name: str, *command: object) -> None:
    log = open(LOGS / f"{name}.log", "ab")  # noqa: SIM115  the daemon has it
    daemons[name] = subprocess.Popen([str(word) for word in command], env=ENV, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=RUN)
    say(f"{name} started (pid {daemons[name].pid} in the namespace)")


def wait_for(what: str, probe: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while True:
        reap()
        for name, process in daemons.items():
            if process.returncode is not None:
                sys.exit(f"{name} ended with {process.returncode}: see {LOGS}/{name}.log")
        with contextlib.suppress(Exception):
            if probe():
                say(f"{what}: yes")
                return
        if time.monotonic() > end:
            sys.exit(f"gave up after {seconds} s waiting for: {what}; logs in {LOGS}")
        time.sleep(0.1)


def reap() -> None:
    """As process 1, collect orphans without stealing our own daemons' exit codes."""
    for process in daemons.values():
        process.poll()
    own = {p.pid for p in daemons.values()}
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid in own:
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(found.si_pid, 0)


def api_get(path: str) -> bytes:
    context = ssl.create_default_context(cafile=PKI / "ca.crt")
    context.load_cert_chain(PKI / "admin.crt", PKI / "admin.key")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(API + path, timeout=5) as answer:
        return bytes(answer.read())


def node_ready() -> bool:
    status = json.loads(api_get(f"/api/v1/nodes/{NODE_NAME}"))["status"]
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status["conditions"])


def main() -> None:
    for folder in (RUN, LOGS, ETC):
        folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    namespaces.mounts()
    namespaces.cgroups()
    namespaces.network()
    keys.make()
    settings.make()
    say("namespaces, keys and configuration made")
    daemon(
        "etcd",
        BIN / "etcd",
        f"--data-dir={RUN}/etcd",
        "--name=k8stest",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
    )
    daemon(
        "kube-apiserver",
        BIN / "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:2379",
        "--bind-address=0.0.0.0",
        f"--advertise-address={NODE_IP}",
        "--secure-port=6443",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
        f"--client-ca-file={PKI}/ca.crt",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICE_NET}",
        f"--kubelet-client-certificate={PKI}/kubelet-client.crt",
        f"--kubelet-client-key={PKI}/kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--v=1",
    )
    daemon("containerd", BIN / "containerd", "--config", ETC / "containerd.toml")
    wait_for("containerd answers", lambda: run(BIN / "ctr", "version", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for image in sorted((PREFIX / "images").glob("*.tar")):
        run(BIN / "ctr", "-n", "k8s.io", "images", "import", image, stdout=subprocess.DEVNULL)
    say("images imported")
    wait_for("kube-apiserver is ready", lambda: api_get("/readyz"))
    daemon(
        "kube-controller-manager",
        BIN / "kube-controller-manager",
        f"--kubeconfig={ETC}/controller-manager.kubeconfig",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--root-ca-file={PKI}/ca.crt",
        f"--service-account-private-key-file={PKI}/sa.key",
        "--bind-address=127.0.0.1",
        f"--authentication-kubeconfig={ETC}/controller-manager.kubeconfig",
        f"--authorization-kubeconfig={ETC}/controller-manager.kubeconfig",
        "--v=1",
    )
    daemon(
        "kube-scheduler",
        BIN / "kube-scheduler",
        f"--kubeconfig={ETC}/scheduler.kubeconfig",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--v=1",
    )
    daemon(
        "kubelet",
        BIN / "kubelet",
        f"--config={ETC}/kubelet.yaml",
        f"--kubeconfig={ETC}/kubelet.kubeconfig",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE_IP}",
        f"--root-dir={RUN}/kubelet",
        f"--cert-dir={RUN}/kubelet-pki",
        "--container-runtime=remote",
        "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
        "--v=2",
    )
    daemon(
        "kube-proxy",
        BIN / "kube-proxy",
        f"--kubeconfig={ETC}/proxy.kubeconfig",
        f"--hostname-override={NODE_NAME}",
        "--proxy-mode=iptables",
        f"--cluster-cidr={POD_NET}",
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
        "--v=1",
    )
    run("ip", "addr", "add", f"{SERVICE_DNS}/32", "dev", "node0")
    daemon("dns", sys.executable, HERE / "dns.py", SERVICE_DNS, RUN / "kubeconfig")
    wait_for("the node is Ready", node_ready)
    wait_for(
        "the default service account exists",
        lambda: json.loads(api_get("/api/v1/namespaces/default/serviceaccounts/default")).get("secrets"),
    )
    write(RUN / "ready", f"{time.monotonic() - T0:.1f}\n")
    say("ready")
    while True:
        reap()
        for name, process in daemons.items():
            if process.returncode is not None:
                write(RUN / "failed", f"{name} ended with {process.returncode}\n")
                sys.exit(f"{name} ended with {process.returncode}: see {LOGS}/{name}.log")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
