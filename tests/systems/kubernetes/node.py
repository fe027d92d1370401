#!/usr/bin/env python3
"""One-node Kubernetes from separately built binaries, for tests; standard library only.

Started by `up` as process 1 of fresh network, mount, PID and IPC namespaces, so

* nothing it listens on, routes or filters is visible to the machine it runs on,
* no packet can leave (the network namespace has a bridge of its own and nothing else),
* when this process ends the kernel ends every daemon, shim and container with it.

It starts etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd,
kubelet, kube-proxy and a small DNS server, waits until the node is Ready and then
writes RUN/ready.  SIGTERM stops it.

Usage: node.py PREFIX RUN     (PREFIX/bin: binaries; RUN: state, logs, kubeconfigs)
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

PREFIX, RUN = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
BIN, PKI, LOGS, ETC = PREFIX / "bin", RUN / "pki", RUN / "logs", RUN / "etc"
HERE = pathlib.Path(__file__).resolve().parent
NODE_NAME = os.environ.get("K8S_NODE_NAME", "testnode")
NODE_IP, NODE_NET = "10.88.0.1", "10.88.0.1/24"
POD_NET, SERVICE_NET, SERVICE_API, SERVICE_DNS = ("10.244.0.0/24", "10.96.0.0/16", "10.96.0.1", "10.96.0.10")
API = f"https://{NODE_IP}:6443"
CGROUP = os.environ.get("K8S_CGROUP", "/k8stest")
# Host folders that every container sees read-only: the "image" is the machine's own
# /usr plus whatever virtual environments and checkouts K8S_SHARE names (colon-separated).
SHARE = ["/usr", *filter(None, os.environ.get("K8S_SHARE", "").split(":"))]
ENV = {
    **os.environ,
    "PATH": f"{BIN}:{BIN}/cni:/usr/sbin:/usr/bin:/sbin:/bin",
    "LD_LIBRARY_PATH": str(PREFIX / "lib"),
    "XTABLES_LIBDIR": str(PREFIX / "lib/xtables"),
}
for name in list(ENV):
    if name.lower().endswith("_proxy"):
        del ENV[name]

daemons: dict[str, subprocess.Popen[bytes]] = {}
T0 = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - T0:6.1f}s] {text}", flush=True)


def run(*argv: object, **kwargs: Any) -> Any:
    return subprocess.run([str(a) for a in argv], check=True, env=ENV, **kwargs)


def daemon(name: str, *argv: object) -> None:
    log = open(LOGS / f"{name}.log", "ab")  # noqa: SIM115  the daemon has it
    daemons[name] = subprocess.Popen([str(a) for a in argv], env=ENV, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=RUN)
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


def write(path: pathlib.Path, text: str) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- namespaces -----------------------------------------------------------------------


def setup_mounts() -> None:
    for target in ("/run", "/var/log"):  # the kubelet's and containerd's fixed places
        source = RUN / "ns" / target.strip("/").replace("/", "_")
        source.mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", source, target)
    # The kubelet would set these kernel-wide values; show it files that already hold
    # them instead, so that the machine's own values stay as they are.
    for name, value in {
        "vm/overcommit_memory": 1,
        "vm/panic_on_oom": 0,
        "kernel/panic": 10,
        "kernel/panic_on_oops": 1,
        "kernel/keys/root_maxkeys": 1000000,
        "kernel/keys/root_maxbytes": 25000000,
    }.items():
        if pathlib.Path("/proc/sys", name).read_text().strip() != str(value):
            fake = write(RUN / "ns/sys" / name, f"{value}\n")
            run("mount", "--bind", fake, f"/proc/sys/{name}")


def setup_cgroups() -> None:
    """The kubelet wants its root cgroup made for it, in every (version 1) hierarchy."""
    top = pathlib.Path("/sys/fs/cgroup")
    if (top / "cgroup.controllers").exists():  # version 2 (not tried with this kubelet)
        (top / CGROUP.strip("/")).mkdir(exist_ok=True)
        return
    for hierarchy in top.iterdir():
        if hierarchy.is_dir() and (hierarchy / "cgroup.clone_children").exists():
            group = hierarchy / CGROUP.strip("/")
            group.mkdir(exist_ok=True)
            for value in ("cpuset.cpus", "cpuset.mems"):
                if (hierarchy / value).exists():
                    (group / value).write_text((hierarchy / value).read_text())


def setup_network() -> None:
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "node0", "type", "bridge")
    run("ip", "addr", "add", NODE_NET, "dev", "node0")
    run("ip", "link", "set", "node0", "up")
    # Service addresses need a route before kube-proxy can rewrite them; nothing else has one.
    run("ip", "route", "add", SERVICE_NET, "dev", "node0")
    pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


# --- keys, kubeconfigs, configuration files ---------------------------------------------


def setup_pki() -> None:
    PKI.mkdir(parents=True, exist_ok=True)

    def openssl(*argv: object) -> None:
        run("openssl", *argv, stderr=subprocess.DEVNULL)

    def new_key(name: str) -> None:
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", PKI / f"{name}.key")

    new_key("ca")
    openssl(
        "req",
        "-x509",
        "-new",
        "-key",
        PKI / "ca.key",
        "-subj",
        "/CN=k8stest-ca",
        "-days",
        "30",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
        "-out",
        PKI / "ca.crt",
    )
    new_key("sa")
    openssl("pkey", "-in", PKI / "sa.key", "-pubout", "-out", PKI / "sa.pub")

    def cert(name: str, subject: str, usage: str, names: str = "") -> None:
        new_key(name)
        openssl("req", "-new", "-key", PKI / f"{name}.key", "-subj", subject, "-out", PKI / f"{name}.csr")
        ext = write(
            PKI / f"{name}.ext",
            "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
            f"extendedKeyUsage={usage}\nauthorityKeyIdentifier=keyid\n" + (f"subjectAltName={names}\n" if names else ""),
        )
        openssl(
            "x509",
            "-req",
            "-in",
            PKI / f"{name}.csr",
            "-CA",
            PKI / "ca.crt",
            "-CAkey",
            PKI / "ca.key",
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            ext,
            "-out",
            PKI / f"{name}.crt",
        )

    cert(
        "apiserver",
        "/CN=kube-apiserver",
        "serverAuth",
        f"IP:127.0.0.1,IP:{NODE_IP},IP:{SERVICE_API},DNS:localhost,DNS:kubernetes,"
        "DNS:kubernetes.default,DNS:kubernetes.default.svc,"
        "DNS:kubernetes.default.svc.cluster.local",
    )
    cert("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client", "clientAuth")
    for name, subject in {
        "admin": "/O=system:masters/CN=admin",
        "controller-manager": "/CN=system:kube-controller-manager",
        "scheduler": "/CN=system:kube-scheduler",
        "proxy": "/CN=system:kube-proxy",
        "kubelet": f"/O=system:nodes/CN=system:node:{NODE_NAME}",
    }.items():
        cert(name, subject, "clientAuth")
        kubeconfig(name, API)
    # For programs outside the namespace, by way of the relay that `up` starts.
    kubeconfig("admin", f"https://127.0.0.1:{os.environ['K8S_HOST_PORT']}", RUN / "kubeconfig-outside")
    kubeconfig("admin", API, RUN / "kubeconfig")


def kubeconfig(user: str, server: str, path: pathlib.Path | None = None) -> None:
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
    path = path or ETC / f"{user}.kubeconfig"
    write(path, json.dumps(config, indent=1)).chmod(0o600)


def setup_config() -> None:
    write(
        ETC / "resolv.conf",
        f"nameserver {SERVICE_DNS}\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
    )
    write(ETC / "pod-resolv.conf", "")
    write(
        ETC / "cni/10-bridge.conflist",
        json.dumps(
            {
                "cniVersion": "0.4.0",
                "name": "podnet",
                "plugins": [
                    {
                        "type": "bridge",
                        "bridge": "cni0",
                        "isGateway": True,
                        "hairpinMode": True,
                        "ipam": {
                            "type": "host-local",
                            "dataDir": "/run/cni-ipam",
                            "ranges": [[{"subnet": POD_NET}]],
                            "routes": [{"dst": "0.0.0.0/0"}],
                        },
                    }
                ],
            }
        ),
    )
    write(
        ETC / "kubelet.yaml",
        json.dumps(
            {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "authentication": {
                    "anonymous": {"enabled": False},
                    "webhook": {"enabled": True},
                    "x509": {"clientCAFile": str(PKI / "ca.crt")},
                },
                "authorization": {"mode": "Webhook"},
                "cgroupDriver": "cgroupfs",
                "cgroupRoot": CGROUP,
                "clusterDNS": [SERVICE_DNS],
                "clusterDomain": "cluster.local",
                "resolvConf": str(ETC / "pod-resolv.conf"),
                "failSwapOn": False,
                "protectKernelDefaults": True,
                "oomScoreAdj": 0,
                "maxOpenFiles": 20000,
                "enforceNodeAllocatable": [],
                "imageGCHighThresholdPercent": 100,
                "imageGCLowThresholdPercent": 99,
                "evictionHard": {
                    "memory.available": "100Mi",
                    "nodefs.available": "0%",
                    "nodefs.inodesFree": "0%",
                    "imagefs.available": "0%",
                },
                "nodeStatusUpdateFrequency": "1s",
                "rotateCertificates": False,
                "registryPullQPS": 0,
                "eventRecordQPS": 0,
                "kubeAPIQPS": 50,
                "kubeAPIBurst": 100,
                "volumeStatsAggPeriod": "0s",
            },
            indent=1,
        ),
    )
    # Every container gets the shared host folders, read-only, through the runtime's base
    # specification; images then need no files of their own.
    base = json.loads(run(BIN / "ctr", "oci", "spec", stdout=subprocess.PIPE).stdout)
    base["process"].pop("rlimits", None)
    for folder in SHARE:
        base["mounts"].append({"destination": folder, "source": folder, "type": "bind", "options": ["rbind", "ro", "nosuid"]})
    write(ETC / "base-spec.json", json.dumps(base, indent=1))
    write(
        ETC / "containerd.toml",
        f'''
version = 2
root = "{RUN}/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
                    "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper",
                    "io.containerd.internal.v1.tracing"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:test"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{BIN}/cni"
    conf_dir = "{ETC}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      base_runtime_spec = "{ETC}/base-spec.json"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{BIN}/runc"
''',
    )


# --- daemons ------------------------------------------------------------------------------


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
    setup_mounts()
    setup_cgroups()
    setup_network()
    setup_pki()
    setup_config()
    say("namespaces, keys and configuration made")
    daemon(
        "etcd",
        BIN / "etcd",
        "--data-dir",
        RUN / "etcd",
        "--name",
        "k8stest",
        "--listen-client-urls",
        "http://127.0.0.1:2379",
        "--advertise-client-urls",
        "http://127.0.0.1:2379",
        "--listen-peer-urls",
        "http://127.0.0.1:2380",
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
