"""The small parts: certificates, folders, records, snippets, errors, the OpenAPI document."""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from casa_labext import certificates, directories, launcher, records, schemas
from casa_labext.cluster import Cluster
from casa_labext.daskconfig.secrets import is_secret
from casa_labext.forkserver import ForkServers
from casa_labext.host import lifecycle, log, processes
from casa_labext.host.errors import MAXIMUM_LENGTH, ClusterError, WrongRequest, describe
from casa_labext.host.record import Record, TLSFiles
from casa_labext.kinds import gateway, local
from casa_labext.launcher import environment
from casa_labext.snippet import client_code

RECORD = Record(
    id="0" * 32,
    name="mine",
    kind="local",
    reference="casa_labext.kinds.local:kind",
    profile="local",
    options={},
    settings={},
    size={"workers": 1},
    maximum_workers=2,
    environment="server",
    python=sys.executable,
    created=1.5,
    keep=False,
    encryption="own",
    hostname="here",
    cwd="/",
)


def test_the_openapi_document_is_one() -> None:
    validate(schemas.document())


def test_certificate_is_signed_by_its_authority_and_serves_both_sides(tmp_path: Path) -> None:
    from cryptography import x509

    files = certificates.write(tmp_path / "tls", certificates.begin())
    ca, cert = (x509.load_pem_x509_certificate(Path(path).read_bytes()) for path in (files.ca, files.cert))
    cert.verify_directly_issued_by(ca)
    assert cert.not_valid_before_utc < datetime.now(timezone.utc) < cert.not_valid_after_utc
    for purpose in (ssl.Purpose.SERVER_AUTH, ssl.Purpose.CLIENT_AUTH):
        context = ssl.create_default_context(purpose, cafile=files.ca)
        context.load_cert_chain(files.cert, files.key)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()} == {0o600}
    with pytest.raises(FileExistsError):
        certificates.write(tmp_path / "tls", certificates.begin())


def test_two_clusters_do_not_trust_each_other(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    one, two = (certificates.write(tmp_path / name, certificates.begin()) for name in ("one", "two"))
    ca, cert = (x509.load_pem_x509_certificate(Path(path).read_bytes()) for path in (one.ca, two.cert))
    with pytest.raises((InvalidSignature, ValueError)):  # the latter for another name
        cert.verify_directly_issued_by(ca)


def test_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = RECORD.change(tls=TLSFiles("a", "b", "c"), name="Größe \U0001f600")
    record.save(tmp_path)
    assert Record.load(tmp_path) == record
    assert (tmp_path / "cluster.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.json"]


def test_snippets_compile_whatever_the_paths() -> None:
    tls = TLSFiles(*(f'/home/a "b"\'{name}\\\n.pem' for name in "xyz"))
    compile(client_code("tls://1.2.3.4:5", "own", tls), "snippet", "exec")
    assert client_code("tls://localhost:8786", "off", None).splitlines()[-2] == 'client = Client("tls://localhost:8786")'


def test_errors_are_described_by_their_cause_in_one_line() -> None:
    try:
        try:
            raise OSError(98, "Address already\nin use")
        except OSError as cause:
            raise RuntimeError("Cluster failed to start") from cause
    except RuntimeError as error:
        assert describe(error) == "OSError: [Errno 98] Address already in use (RuntimeError: Cluster failed to start)"
    assert describe(ClusterError("In words.")) == "In words."
    assert describe(ValueError()) == "ValueError"
    assert len(describe(ValueError("x" * 10_000))) == MAXIMUM_LENGTH


def test_secrets_are_kept_from_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"JUPYTERHUB_API_TOKEN", "JUPYTER_TOKEN", "AWS_SECRET_ACCESS_KEY", "JUPYTERHUB_USER", "PGPASSWORD", "GH_TOKEN"}
    wanted = {"PATH", "BEARER_TOKEN_FILE", "DASK_CONFIG", "X509_USER_PROXY"}
    for name in secrets | wanted:
        monkeypatch.setenv(name, "x")
    environ = environment(local.kind, {"KERNEL_VARIABLE": "y"})
    assert environ.keys() & (secrets | wanted) == wanted
    assert environ["KERNEL_VARIABLE"] == "y"
    assert "JUPYTERHUB_API_TOKEN" in environment(gateway.kind, {})
    assert environment(local.kind, {}, ["GH_TOKEN", "NOT_THERE"]).keys() & (secrets | {"NOT_THERE"}) == {"GH_TOKEN"}


@pytest.mark.parametrize("place", ["casa-labext", "casa-labext/clusters", "casa-labext/kernels"])
def test_a_folder_that_is_a_link_is_refused(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "runtime" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        directories.for_kernels() if place.endswith("kernels") else directories.clusters()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="Only root can give a folder to somebody else.")
def test_somebody_elses_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    theirs = directories.clusters()
    os.chown(theirs, 65534, 65534)
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        directories.clusters()


def test_a_folder_that_was_there_before_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    before = tmp_path / "casa-labext" / "clusters"
    before.mkdir(parents=True)
    for folder in (before.parent, before):
        folder.chmod(0o777)
    directories.clusters()
    assert {folder.stat().st_mode & 0o777 for folder in (before.parent, before)} == {0o700}


def test_no_folder_where_others_could_exchange_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with tempfile.TemporaryDirectory() as everybodys:  # with a short path
        monkeypatch.setattr(tempfile, "tempdir", everybodys)
        os.chmod(everybodys, 0o777)
        with pytest.raises(PermissionError, match="no sticky bit"):
            directories.make("4" * 32)
        assert not (directories.clusters() / ("4" * 32)).exists()
        assert list(Path(everybodys).iterdir()) == []
        os.chmod(everybodys, 0o1777)
        directory, path, scratch = directories.make("4" * 32)
        directories.remove(directory, RECORD.change(socket=path, scratch=scratch))


def test_sockets_have_short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    directory, path, scratch = directories.make("2" * 32)
    try:
        assert len(path) <= directories.MAXIMUM_SOCKET_PATH
        directories.listen(path).close()
        assert Path(path).stat().st_mode & 0o777 == 0o600
    finally:
        directories.remove(directory, RECORD.change(socket=path, scratch=scratch))
    assert not directory.exists()
    assert not Path(scratch).exists()


def test_log_is_bounded_and_takes_what_children_print(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys; from pathlib import Path; from casa_labext.host import log\n"
        "log.MAXIMUM_SIZE = 50_000; thread = log.capture(Path(sys.argv[1]), log.redirect())\n"
        "for number in range(10_000): print('line', number)\n"
        "sys.stdout.flush(); subprocess.run(['echo', 'from a child']); log.finish(thread); thread.join(60)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() == {"host.log", "host.log.1"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert max(sizes.values()) <= 50_000
    assert log.tail(tmp_path).splitlines()[-1] == "from a child"


def test_last_error_of_a_log(tmp_path: Path) -> None:
    (tmp_path / log.FILE).write_text("Traceback:\n  File x\n    raise ValueError\nModuleNotFoundError: No module named 'x'\nbye\n")
    assert log.last_error(tmp_path) == "ModuleNotFoundError: No module named 'x'"
    assert log.last_error(tmp_path / "nowhere") == ""


def test_a_cluster_whose_record_cannot_be_read_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    directory = directories.clusters() / ("3" * 32)
    directory.mkdir()
    (directory / "cluster.json").write_text('{"from": "another version"}')
    with subprocess.Popen(["sleep", "100"], env={**os.environ, processes.MARK: directory.name}) as host:
        assert records.found() == []
        assert not processes.alive(host.pid, directory.name)
    assert not directory.exists()


def test_a_record_of_a_newer_version_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    data = asdict(RECORD.change(hostname=socket.gethostname(), pid=1))
    for hostname, found in ((socket.gethostname(), 1), ("elsewhere", 0)):
        directory = directories.clusters() / ("5" * 32)
        directory.mkdir(exist_ok=True)
        newer = {**data, "hostname": hostname, "colour": "red", "timeouts": {**data["timeouts"], "lunch": 1}}
        (directory / "cluster.json").write_text(json.dumps(newer))
        assert len(records.found()) == found
        assert directory.exists()  # what is of another machine is not ours to judge


async def test_a_cluster_that_cannot_be_cleared_up_after_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong, what its user does next works."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    removed: list[str] = []
    cluster = Cluster(RECORD, ForkServers(), lambda changed: None, lambda cluster, reason: removed.append(cluster.record.id))
    directory, path, scratch = directories.make(RECORD.id)
    cluster.record = RECORD.change(socket=path, scratch=scratch)
    (directory / lifecycle.FINAL_FILE).write_text('{"state": "failed", "reason": "Broken."}')

    async def reap(*_: object) -> None:
        raise TypeError("a manager's own fault")

    with monkeypatch.context() as broken:
        broken.setattr(cluster._kind, "reap", reap)
        cluster.adopt(directory)
        assert cluster.task
        await cluster.task
        assert (cluster.state, cluster.public()["reason"]) == ("close_failed", "Broken. TypeError: a manager's own fault")
        await cluster.close()
        assert (cluster.state, cluster.public()["reason"]) == ("close_failed", "TypeError: a manager's own fault")
    await cluster.close()
    assert removed == [RECORD.id]
    assert not directory.exists()


@pytest.mark.parametrize("change", [{"python": "/nowhere/python"}, {"cwd": "/nowhere"}])
async def test_a_python_that_is_gone_is_told(change: dict[str, str]) -> None:
    record = RECORD.change(**{"reference": "casa_labext.kinds.slurm:kind", "encryption": "off", **change})
    with pytest.raises(ClusterError, match=r"cannot be started: .*No such file or directory: '/nowhere"):
        await launcher.preview(record)


@pytest.mark.parametrize(("workers", "together", "refused"), [(10, 1, False), (11, 1, True), (8, 4, False), (9, 4, True), (1, 256, True)])
def test_workers_come_in_whole_jobs(workers: int, together: int, *, refused: bool) -> None:
    with pytest.raises(WrongRequest, match="At most 10 workers") if refused else nullcontext():
        schemas.check_size({"workers": workers}, 10, together=together)


def test_looking_for_secrets_in_a_long_word_ends() -> None:
    """From each of its letters it would take minutes, in which the server answers nobody."""
    word = "0123456789abcdef" * 2**14
    assert not is_secret("", word)
    assert is_secret("", f"{word} TOKEN={word}")


def test_an_answer_of_the_host_that_comes_late_is_no_news() -> None:
    """What it has pushed meanwhile, over another connection, is newer."""
    cluster = Cluster(RECORD, ForkServers(), lambda changed: None, lambda removed, reason: None)
    cluster._hear(version=2, state="running", cores=0)
    cluster._hear(version=1, state="running", cores=1)
    assert cluster.public()["cores"] == 0
    cluster._hear(version=2, state="degraded")  # told again when the connection is there again
    assert cluster.state == "degraded"
