#!/usr/bin/env python3
"""Relay 127.0.0.1:PORT of this network namespace to ADDRESS:PORT inside another one.

Usage: relay.py LOCAL_PORT PID_OF_A_PROCESS_INSIDE ADDRESS REMOTE_PORT
"""

import asyncio
import ctypes
import os
import socket
import sys

local_port, inside, address, remote_port = sys.argv[1:5]
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)

listener = socket.create_server(("127.0.0.1", int(local_port)))  # stays outside
namespace = os.open(f"/proc/{inside}/ns/net", os.O_RDONLY)
if libc.setns(namespace, CLONE_NEWNET):  # sockets made from here on are inside
    raise OSError(ctypes.get_errno(), "setns")


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        to_reader, to_writer = await asyncio.open_connection(address, int(remote_port))
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))
    finally:
        writer.close()
        to_writer.close()


async def main() -> None:
    async with await asyncio.start_server(serve, sock=listener) as server:
        await server.serve_forever()


asyncio.run(main())
