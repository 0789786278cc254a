import socket

reached = []
for port in (*range(1, 10_000), *range(32_768, 61_000)):
    with socket.socket() as client:
        client.settimeout(0.2)
        if client.connect_ex(("127.0.0.1", port)) == 0:
            reached.append(port)
raise SystemExit(f"it reached {len(reached)} ports {reached}")
