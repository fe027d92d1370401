"""All that openapi.yaml describes, with all that it allows and much that it does not, by schemathesis."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from test_server import TOKEN, Server, server

import casa_labext

__all__ = ["server"]  # a fixture

#: Test cases an operation, and in all at least.
EXAMPLES = int(os.environ.get("CASA_LABEXT_EXAMPLES", "15"))
REQUESTS = int(os.environ.get("CASA_LABEXT_REQUESTS", "1000"))
#: Seconds after which a request counts as hung: changing the configuration asks a Python three times, each for 60 s at most.
HUNG = 200
DOCUMENT = Path(casa_labext.__file__).parent / "openapi.yaml"
#: What a Jupyter server answers before it knows what is asked for: 404 for an unknown method's path, 403 for a request without a token.
CHECKS = ["not_a_server_error", "response_schema_conformance", "content_type_conformance", "ignored_auth", "negative_data_rejection"]
CONFIGURATION = """
casa-labext:
  limits: {clusters: 3, workers: 4}
  timeouts: {start: 20}
"""
#: A change starts six Pythons: as many test cases as in make test.
SLOW = """
[[operations]]
include-path = "/configuration"
generation.max-examples = {}
"""


@pytest.mark.system
@pytest.mark.timeout(4 * 3600)
def test_the_document_holds_for_whatever_is_asked(server: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text(CONFIGURATION)
    one = server(DASK_CONFIG=str(tmp_path / "dask.yaml"), HOME=str(tmp_path))
    report, document, slow = (tmp_path / name for name in ("report.json", "openapi.yaml", "schemathesis.toml"))
    slow.write_text(SLOW.format(min(EXAMPLES, 15)))
    # Left to itself it would seldom find a profile's name.
    described = yaml.safe_load(DOCUMENT.read_text())
    described["components"]["schemas"]["ClusterRequest"]["properties"]["profile"]["enum"] = ["local", "attached"]
    document.write_text(yaml.safe_dump(described))
    command = [
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", slow, "run", document, "--url", f"{one.url}casa-labext/api"),
        *("-H", f"Authorization: token {TOKEN}", "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES)),
        *("--request-timeout", str(HUNG), "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", report),
    ]
    done = subprocess.run([str(word) for word in command], cwd=tmp_path, capture_output=True, text=True, check=False)
    print(done.stdout[-6000:])
    assert done.returncode == 0, done.stdout[-20000:]
    told = json.loads(report.read_text())
    print(f"{told['test_cases']['generated']} requests")
    assert told["test_cases"]["generated"] >= REQUESTS
    assert told["phases"]["stateful"]["status"] == "success"
    for cluster in one.get("clusters"):
        one.call("DELETE", f"clusters/{cluster['id']}")
    one.wait(lambda: one.get("clusters") == [])
