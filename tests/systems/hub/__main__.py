"""`python -m systems.hub`, for the browser tests: a Hub until standard input ends. Prints how to log in, as JSON."""

import json
import sys
import tempfile
from pathlib import Path

from .hub import BASE, missing, start

if reason := missing():
    sys.exit(reason)
with tempfile.TemporaryDirectory(prefix="hub-") as folder:
    hub = start(Path(folder))
    try:
        print(json.dumps({"url": hub.origin + BASE, "password": hub.password}), flush=True)
        sys.stdin.read()
    finally:
        hub.close()
