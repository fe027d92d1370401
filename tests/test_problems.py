"""What is wrong in dask's configuration, as the configuration page tells it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from test_configuration import Page, page
from test_encryption import Secrets
from test_facility import DASK, JOBQUEUE, LABEXTENSION, TLS

from casa_labext import certificates

__all__ = ["page"]  # a fixture

#: Every check of the page: a fault, the key that is told, a word of what is told, and the same without the fault.
CHECKS = {
    "a section at the top level": (
        "dashboard: {link: '/x/{port}'}",
        "dashboard.link",
        "know",
        "distributed: {dashboard: {link: '/x/{port}'}}",
    ),
    "a misplaced admin": (
        "admin: {system-monitor: {interval: 1s}}",
        "admin.system-monitor.interval",
        "distributed.admin.system-monitor.interval",
        "distributed: {admin: {system-monitor: {interval: 1s}}}",
    ),
    "an unknown key": (
        "distributed: {worker: {heartbeat: 5s}}",
        "distributed.worker.heartbeat",
        "know",
        "distributed: {client: {heartbeat: 5s}}",
    ),
    "a typing error": (
        "distributed: {scheduler: {work-staeling: false}}",
        "distributed.scheduler.work-staeling",
        "distributed.scheduler.work-stealing",
        "distributed: {scheduler: {work-stealing: false}}",
    ),
    "a typing error in a section's name": (
        "distributd: {version: 2}",
        "distributd.version",
        "distributed",
        "some-package: {version: 2}",
    ),
    "a list for a mapping": ("distributed: {comm: [tls]}", "distributed.comm", "mapping", "distributed: {comm: {tls: {}}}"),
    "labextension.default is a list": (
        "labextension: {default: [{workers: 2}]}",
        "labextension.default",
        "mapping",
        "labextension: {default: {workers: 2}}",
    ),
    "bad bytes": (
        "distributed: {comm: {shard: 64 apples}}",
        "distributed.comm.shard",
        "4 GiB",
        "distributed: {comm: {shard: 64 MB}}",
    ),
    "bad bytes of a job": ("jobqueue: {lsf: {memory: much}}", "jobqueue.lsf.memory", "4 GiB", "jobqueue: {lsf: {memory: 2GB}}"),
    "a bad duration": (
        "distributed: {comm: {timeouts: {connect: soon}}}",
        "distributed.comm.timeouts.connect",
        "5 minutes",
        "distributed: {comm: {timeouts: {connect: 10}}}",
    ),
    "a bad duration without a default": (
        "distributed: {scheduler: {idle-timeout: later}}",
        "distributed.scheduler.idle-timeout",
        "5 minutes",
        "distributed: {scheduler: {idle-timeout: 1h}}",
    ),
    "a wrong type": (
        "distributed: {scheduler: {allowed-failures: many}}",
        "distributed.scheduler.allowed-failures",
        "integer",
        "distributed: {scheduler: {allowed-failures: 10}}",
    ),
    "out of range": (
        "distributed: {worker: {memory: {target: 60}}}",
        "distributed.worker.memory.target",
        "60",
        "distributed: {worker: {memory: {target: false}}}",
    ),
    "a deprecated name": (
        "distributed: {scheduler: {transition-log-length: 5}}",
        "distributed.scheduler.transition-log-length",
        "distributed.admin.low-level-log-length",
        "distributed: {admin: {low-level-log-length: 5}}",
    ),
    "a deprecated name of dask-jobqueue": (
        "jobqueue: {htcondor: {project: me}}",
        "jobqueue.htcondor.project",
        "account",
        "jobqueue: {slurm: {account: me}}",
    ),
    "an unknown key of dask-jobqueue": (
        "jobqueue: {lsf: {qeue: short}}",
        "jobqueue.lsf.qeue",
        "jobqueue.lsf.queue",
        "jobqueue: {lsf: {queue: short}, my-site: {anything: 1}}",
    ),
    "a link with an unset variable": (
        "distributed: {dashboard: {link: '/{NOT_SET_HERE}/{port}'}}",
        "distributed.dashboard.link",
        "NOT_SET_HERE",
        "distributed: {dashboard: {link: '/{HOME}/{port}'}}",
    ),
    "a link without a port": (
        "distributed: {dashboard: {link: /status}}",
        "distributed.dashboard.link",
        "{port}",
        "distributed: {dashboard: {link: 'x/{port}'}}",
    ),
    "a missing certificate": (
        "distributed: {comm: {tls: {ca-file: /nowhere/ca.pem}}}",
        "distributed.comm.tls.ca-file",
        "/nowhere/ca.pem",
        "distributed: {comm: {tls: {ca-file: null}}}",
    ),
    "encryption without certificates": (
        "distributed: {comm: {require-encryption: true}}",
        "distributed.comm.tls.ca-file",
        "required",
        "distributed: {comm: {require-encryption: false}}",
    ),
    "nothing encrypted": (
        "jobqueue: {coffea-casa: {job-extra-directives: {encrypt_input_files: ''}}}",
        "jobqueue.coffea-casa.job-extra-directives.encrypt_input_files",
        "without encryption",
        "jobqueue: {coffea-casa: {job-extra-directives: {encrypt_input_files: ca.pem}}}",
    ),
    "a log folder that cannot be": (
        "jobqueue: {slurm: {log-directory: /proc/version/logs}}",
        "jobqueue.slurm.log-directory",
        "/proc/version",
        "jobqueue: {slurm: {log-directory: ~/logs/dask}}",
    ),
    "a wrong key of ours": (
        "casa-labext: {profile: {}}",
        "casa-labext.profile",
        "profiles",
        "casa-labext: {profiles: {}}",
    ),
}


#: Faults that hide others, or are about the same key: in a configuration of their own.
APART = ({"bad bytes", "a link without a port"}, {"a list for a mapping", "encryption without certificates"})


@pytest.mark.parametrize("names", [CHECKS.keys() - APART[0] - APART[1], *APART], ids=["together", "bad bytes", "dropped"])
async def test_checks(page: Page, dask_config: Callable[[str], Path], names: set[str]) -> None:
    folder = dask_config("").parent
    files = {name: folder / f"{number}.yaml" for number, name in enumerate(sorted(names))}
    for name, path in files.items():
        path.write_text(CHECKS[name][0])
    problems = await page.problems()
    for name, path in files.items():
        _, key, word, _ = CHECKS[name]
        problem = problems[key]
        assert word in f"{problem['message']} {problem['hint']}", name
        if not problem["message"].startswith("It is not set"):
            assert problem["source"] == {"layer": "file", "name": str(path), "line": 1}, name
        path.write_text(CHECKS[name][3])
    assert await page.problems() == {}


@pytest.mark.parametrize(
    ("text", "line", "word"), [("a: 1\nb: ]\nc: 2\n", 2, "YAML"), ("- a\n- b\n", 1, "mapping"), ("a: b: c\n", 1, "YAML")]
)
async def test_a_malformed_file_hides_nothing_else(page: Page, dask_config: Callable[[str], Path], text: str, line: int, word: str) -> None:
    path = dask_config(text)
    (path.parent / "other.yaml").write_text("distributed: {admin: {tick: {limit: 9s}}}")
    problem = (await page.problems())[None]
    assert problem["source"] == {"layer": "file", "name": str(path), "line": line}
    assert word in problem["message"]
    assert (await page.settings())["distributed.admin.tick.limit"]["value"] == "9s"


async def test_good_certificates_are_no_problem(page: Page, dask_config: Callable[[str], Path], tmp_path: Path) -> None:
    files = certificates.write(tmp_path / "tls", certificates.begin())
    role = {"cert": files.cert, "key": files.key}
    tls = {"ca-file": files.ca, "scheduler": role, "worker": role, "client": role}
    dask_config(yaml.safe_dump({"distributed": {"comm": {"require-encryption": True, "tls": tls}}}))
    assert not [key for key in await page.problems() if key and key.startswith("distributed")]


async def test_the_facilitys_files(page: Page, dask_config: Callable[[str], Path], tmp_path: Path) -> None:
    Secrets(tmp_path / "secrets")
    folder = dask_config(JOBQUEUE + LABEXTENSION).parent
    (folder / "dask.yaml").write_text(DASK)
    (folder / "dask_tls.yaml").write_text(TLS.replace("SECRETS", str(tmp_path / "secrets")))
    problems = await page.problems()
    assert problems.keys() == {
        "dashboard.link",
        "admin.tick.interval",
        "admin.tick.limit",
        "jobqueue.coffea-casa.job-extra-directives.encrypt_input_files",
        "labextension.default",
    }
    assert {problem["source"]["name"] for problem in problems.values()} == {str(folder / "dask.yaml"), str(folder / "test.yaml")}
