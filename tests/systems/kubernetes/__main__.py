"""`python -m systems.kubernetes`, for the browser tests: a Kubernetes until standard input ends. Prints the path of its kubeconfig."""

import sys
import tempfile
from pathlib import Path

from .bed import KubernetesBed, KubernetesError

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            bed = KubernetesBed(Path(folder))
        except KubernetesError as error:
            sys.exit(str(error))
        try:
            print(bed.kubeconfig, flush=True)
            sys.stdin.read()
        finally:
            bed.close()
