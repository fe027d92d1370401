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

#: Test cases an operation; `make contract` has 20,000 requests in all.
EXAMPLES = int(os.environ.get("CASA_LABEXT_EXAMPLES", "15"))
DOCUMENT = Path(casa_labext.__file__).parent / "openapi.yaml"
#: What a Jupyter server answers before it knows what is asked for: 404 for an unknown method's path, 403 for a request without a token.
CHECKS = ["not_a_server_error", "response_schema_conformance", "content_type_conformance", "ignored_auth", "negative_data_rejection"]
CONFIGURATION = """
casa-labext:
  limits: {clusters: 3, workers: 4}
  timeouts: {start: 20}
"""


@pytest.mark.system
@pytest.mark.timeout(3600)
def test_the_document_holds_for_whatever_is_asked(server: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text(CONFIGURATION)
    one = server(DASK_CONFIG=str(tmp_path / "dask.yaml"), HOME=str(tmp_path))
    report, document = tmp_path / "report.json", tmp_path / "openapi.yaml"
    # Left to itself it would seldom find a profile's name.
    described = yaml.safe_load(DOCUMENT.read_text())
    described["components"]["schemas"]["ClusterRequest"]["properties"]["profile"]["enum"] = ["local", "attached"]
    document.write_text(yaml.safe_dump(described))
    command = [
        *(Path(sys.executable).with_name("schemathesis"), "run", document, "--url", f"{one.url}casa-labext/api"),
        *("-H", f"Authorization: token {TOKEN}", "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES)),
        *("--request-timeout", "30", "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", report),
    ]
    done = subprocess.run([str(word) for word in command], cwd=tmp_path, capture_output=True, text=True, check=False)
    print(done.stdout[-6000:])
    assert done.returncode == 0, done.stdout[-20000:]
    assert json.loads(report.read_text())
    for cluster in one.get("clusters"):
        one.call("DELETE", f"clusters/{cluster['id']}")
    one.wait(lambda: one.get("clusters") == [])
