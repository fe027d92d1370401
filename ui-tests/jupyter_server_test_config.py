"""The server that the browser tests drive. Never use it in production."""

import os

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = int(os.environ["JLAB_TEST_PORT"])
c.ServerApp.port_retries = 0
c.ServerApp.allow_root = True
