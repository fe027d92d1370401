"""`python browser.py URL TOKEN`: mirrors the clusters as the panel's store does (src/store.ts), and prints what it shows when that changes.

A line is a JSON object of state and workers by cluster, or null while there is no connection.
"""

from __future__ import annotations

import json
import sys
import time

from websocket import WebSocketException, create_connection

#: Seconds, as in src/store.ts.
FIRST_DELAY, LONGEST_DELAY, PATIENCE, SILENCE = 0.5, 8.0, 10.0, 8.0


def mirror(url: str, token: str) -> None:
    """Print what the server tells, until the connection ends."""
    stream = create_connection(url, timeout=PATIENCE, header=[f"Authorization: token {token}"])
    clusters = {}
    try:
        while True:
            message = json.loads(stream.recv())
            stream.settimeout(SILENCE)
            if message["type"] == "clusters":
                clusters = {cluster["id"]: cluster for cluster in message["clusters"]}
            elif message["type"] == "cluster":
                clusters[message["cluster"]["id"]] = message["cluster"]
            elif message["type"] == "removed":
                clusters.pop(message["id"], None)
            print(json.dumps({name: [cluster["state"], cluster["workers"]["running"]] for name, cluster in clusters.items()}), flush=True)
    finally:
        stream.shutdown()  # type: ignore[no-untyped-call]  # not a word more, nor a wait for one


def main(url: str, token: str) -> None:
    delay = FIRST_DELAY
    while True:
        begin = time.monotonic()
        try:
            mirror(url, token)
        except (OSError, ValueError, WebSocketException):
            print("null", flush=True)
        delay = FIRST_DELAY if time.monotonic() - begin > PATIENCE else min(2 * delay, LONGEST_DELAY)
        time.sleep(delay)


if __name__ == "__main__":
    main(*sys.argv[1:])
