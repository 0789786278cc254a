import os
import socket

for _ in range(30):
    try:
        if os.fork() == 0:
            break
    except OSError:
        break
ends = []
try:
    while True:
        ends += socket.socketpair()
        for end in ends[-2:]:
            end.setblocking(False)
            end.send(b"x" * 100_000)
except OSError:
    few = "fewer" if len(ends) < 300 else "more"
raise SystemExit(f"it filled {few} than 300 sockets")
