import os
import socket

names = set()
with open("/proc/net/unix") as listed:
    names |= {line.split()[-1] for line in listed if len(line.split()) > 7}
for folder, _, files in os.walk("/"):
    if not folder.startswith(("/proc", "/usr")):
        names |= {os.path.join(folder, name) for name in files if "sock" in name}
names |= {"/run/dbus/system_bus_socket", "/run/docker.sock", "/dev/log"}
names |= {"/run/systemd/private", "@/tmp/.X11-unix/X0", "/tmp/.X11-unix/X0"}
reached = []
for name in names:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(name.replace("@", "\0", 1))
            reached.append(name)
        except OSError:
            pass
raise SystemExit(f"it reached {len(reached)} sockets {reached}")
