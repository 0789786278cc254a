import socket

reached = []
for port in (*range(1, 10_000), *range(32_768, 61_000)):
    with socket.socket() as client:
        client.settimeout(0.2)
        found = client.connect_ex(("127.0.0.1", port)) == 0
        # A port of its own can be given to the client that looks for it.
        if found and client.getsockname() != client.getpeername():
            reached.append(port)
raise SystemExit(f"it reached {len(reached)} ports {reached}")
