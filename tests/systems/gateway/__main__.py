"""`python -m systems.gateway`, for the browser tests: a gateway until standard input ends. Prints a user's environment, as JSON."""

import json
import sys
import tempfile
from pathlib import Path

from .gateway import GatewayError, GatewayServer, missing

if __name__ == "__main__":
    if reason := missing():
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as folder:
        try:
            gateway = GatewayServer(Path(folder))
        except GatewayError as error:
            sys.exit(str(error))
        try:
            print(json.dumps(gateway.environ("ada")), flush=True)
            sys.stdin.read()
        finally:
            gateway.stop()
