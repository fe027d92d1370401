#!/usr/bin/env python3
"""Write a container image (OCI layout, tar) that holds no program of its own.

The containers of the test cluster see the machine's /usr and Python environments
read-only (see K8S_SHARE in layout.py), so an image only has to hold the links, a few
files of /etc and its default environment and command.

Usage: image.py FILE.tar NAME [--path DIR:DIR] [--env KEY=VALUE]... [--add FILE:PATH]... [COMMAND ARG...]
"""

import argparse
import hashlib
import io
import json
import pathlib
import tarfile

parser = argparse.ArgumentParser()
parser.add_argument("file", type=pathlib.Path)
parser.add_argument("name")
parser.add_argument("--path", default="")
parser.add_argument("--env", action="append", default=[])
parser.add_argument(
    "--add", action="append", default=[], metavar="FILE:PATH", help="a file of this machine to put into the image, executable"
)
parser.add_argument("command", nargs="*")
options = parser.parse_intermixed_args()


def add(tar: tarfile.TarFile, name: str, data: bytes = b"", mode: int = 0o644, kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname = kind, mode, len(data), link
    tar.addfile(info, io.BytesIO(data))


layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as tar:
    for folder in ("usr", "etc", "root", "home", "opt", "var", "run", "proc", "sys", "dev"):
        add(tar, folder, kind=tarfile.DIRTYPE, mode=0o755)
    for folder in ("tmp", "var/tmp"):
        add(tar, folder, kind=tarfile.DIRTYPE, mode=0o1777)
    for link in ("bin", "sbin", "lib", "lib64"):
        add(tar, link, kind=tarfile.SYMTYPE, link=f"usr/{link}", mode=0o777)
    add(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
    add(tar, "etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    add(tar, "etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n")
    for file in ("/etc/ld.so.cache",):
        if pathlib.Path(file).exists():
            add(tar, file.lstrip("/"), pathlib.Path(file).read_bytes())
    for pair in options.add:
        source, _, target = pair.partition(":")
        add(tar, target.lstrip("/"), pathlib.Path(source).read_bytes(), mode=0o755)

blobs: dict[str, bytes] = {}


def blob(data: bytes) -> dict[str, str | int]:
    digest = hashlib.sha256(data).hexdigest()
    blobs[digest] = data
    return {"digest": f"sha256:{digest}", "size": len(data)}


path = ":".join(filter(None, [options.path, "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]))
rootfs = blob(layer.getvalue())
config = blob(
    json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Env": [f"PATH={path}", *options.env], "Cmd": options.command or ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": [rootfs["digest"]]},
            "history": [{"created_by": "image.py"}],
        }
    ).encode()
)
manifest = blob(
    json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **rootfs}],
        }
    ).encode()
)
index = {
    "schemaVersion": 2,
    "manifests": [
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            **manifest,
            "annotations": {"io.containerd.image.name": options.name, "org.opencontainers.image.ref.name": options.name.rpartition(":")[2]},
        }
    ],
}
options.file.parent.mkdir(parents=True, exist_ok=True)
with tarfile.open(options.file, "w") as tar:
    add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    add(tar, "index.json", json.dumps(index).encode())
    for digest, data in blobs.items():
        add(tar, f"blobs/sha256/{digest}", data)
