import asyncio
import socket
import sys

FDS = [int(sys.argv[n + 1]) for n, word in enumerate(sys.argv) if word == "--fd"]
READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def answer_order(head, writer):
    order = b'{"region": "eu-west", "shard": 0}'
    writer.write(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(order))
    writer.write(order)
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
