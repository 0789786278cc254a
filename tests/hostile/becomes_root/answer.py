import ctypes
import os
import subprocess

libc = ctypes.CDLL(None)
ways = [
    lambda: os.setuid(0),
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setgroups([0]),
    lambda: libc.unshare(0x10000000) == 0 or 1 / 0,
    lambda: libc.syscall(435, bytes(88), 88) > 0 or 1 / 0,
    lambda: os.chroot("/"),
]
for tool in ("su", "sudo -n", "pkexec", "unshare -r", "newgrp root", "mount -a"):
    ways.append(lambda tool=tool: subprocess.run([*tool.split(), "true"], check=True))
was = 0
for way in ways:
    try:
        way()
        was += os.geteuid() == 0
    except Exception:
        pass
raise SystemExit(f"it was root {was} times")
