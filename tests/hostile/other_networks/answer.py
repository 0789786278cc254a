import socket

USUAL = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
made = set()
for family in set(range(64)) - USUAL:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind).close()
            made.add(family)
        except OSError:
            pass
raise SystemExit(f"it has sockets of {len(made)} more families {made}")
