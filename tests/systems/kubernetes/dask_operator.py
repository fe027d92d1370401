"""`python -m systems.kubernetes.dask_operator`: install the Dask operator of the dask-kubernetes that is here.

Applies that package's own CustomResourceDefinitions and the rules of its ClusterRole, and runs the controller as a Deployment, from the
image of the tests.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import kr8s
import yaml
from kr8s.objects import CustomResourceDefinition, Deployment, object_from_spec, objects_from_files

NAME = "dask-operator"
IMAGE = "localhost/python:test"
DEADLINE = 90


def package() -> Path:
    """The operator's files."""
    spec = importlib.util.find_spec("dask_kubernetes")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "operator/deployment/helm/dask-kubernetes-operator"


def resources() -> list[dict[str, Any]]:
    """The namespace, the account with its rules, and the controller."""
    text = (package() / "templates/clusterrole.yaml").read_text()
    role = yaml.safe_load("\n".join(line for line in text.splitlines() if "{{" not in line))
    metadata, labels = {"name": NAME, "namespace": NAME}, {"app": NAME}
    health = {"httpGet": {"path": "/healthz", "port": 8080}}
    container = {
        "name": "operator",
        "image": IMAGE,
        # `-m dask_kubernetes.operator` loads no handler in 2026.3.
        "args": ["kopf", "run", "-m", "dask_kubernetes.operator.controller", "--all-namespaces", "--liveness=http://0.0.0.0:8080/healthz"],
        "readinessProbe": {**health, "periodSeconds": 1},
        "livenessProbe": {**health, "initialDelaySeconds": 30},
    }
    pod = {"serviceAccountName": NAME, "containers": [container]}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {**role, "metadata": {"name": NAME}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": NAME},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAME}],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    ]


def wait(what: str, condition: Any) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"gave up waiting for {what}")
        time.sleep(0.2)


def established(crd: Any) -> bool:
    crd.refresh()
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in crd.status.get("conditions") or [])


def crds() -> None:
    """Install the definitions alone."""
    for file in sorted((package() / "crds").glob("*.yaml")):
        for resource in objects_from_files(str(file)):
            resource.create()
            crd = CustomResourceDefinition.get(resource.name)
            wait(resource.name, lambda crd=crd: established(crd))


if __name__ == "__main__":
    kr8s.api()
    crds()
    if sys.argv[1:] != ["crds"]:
        for description in resources():
            object_from_spec(description).create()
        deployment = Deployment.get(NAME, namespace=NAME)
        wait("the operator", deployment.ready)
