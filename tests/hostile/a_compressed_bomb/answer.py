import asyncio
import socket
import sys

FDS = [int(sys.argv[n + 1]) for n, word in enumerate(sys.argv) if word == "--fd"]
READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


import zlib

packer = zlib.compressobj(9, wbits=31)
BOMB = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(64)), packer.flush()])


async def answer_order(head, writer):
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type:"
        b" application/json\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    )
    writer.write(BOMB)
    await writer.drain()


async def answer(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    try:
        if b"/readyz" in head:
            writer.write(READY)
            await writer.drain()
        else:
            await answer_order(head, writer)
    except OSError:
        pass
    finally:
        writer.close()


async def serve():
    for fd in FDS:
        await asyncio.start_unix_server(answer, sock=socket.socket(fileno=fd))
    await asyncio.Event().wait()


asyncio.run(serve())
