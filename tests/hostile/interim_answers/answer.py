import asyncio
import socket
import sys

FDS = [int(sys.argv[n + 1]) for n, word in enumerate(sys.argv) if word == "--fd"]
READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def answer_order(head, writer):
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)
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
