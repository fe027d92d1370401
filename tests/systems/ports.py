"""Ports for what has to be told one."""

import socket


def free_port() -> int:
    """One that nothing listens at, from the kernel."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
