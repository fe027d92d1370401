"""The stream by hand, for clients that do not behave."""

from __future__ import annotations

import asyncio
import socket
import struct

from test_server import Server

from .visitor import HEADERS

REQUEST = (
    "GET {path}casa-labext/api/stream HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
#: The least that a kernel gives, in bytes.
TINY = 1024


async def open_stream(server: Server) -> socket.socket:
    """A connection of which nothing is read but the beginning of the answer to the handshake."""
    host = server.url.split("/")[2]
    name, _, port = host.partition(":")
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
    own.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(own, (name, int(port)))
        request = REQUEST.format(path=server.base_url, host=host, token=HEADERS["Authorization"])
        await loop.sock_sendall(own, request.encode())
        answer = await loop.sock_recv(own, 12)
        assert answer == b"HTTP/1.1 101", answer
    except BaseException:
        own.close()
        raise
    return own


def reset(own: socket.socket) -> None:
    """End a connection without a word, as a machine that is gone."""
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    own.close()
