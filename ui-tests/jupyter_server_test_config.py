"""The server that the UI tests drive. Never use it in production."""

import os

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = int(os.environ.get("JLAB_TEST_PORT", "28888"))
c.ServerApp.allow_root = True
