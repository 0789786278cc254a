import os
import sys

from course.service import routing as service_routing

resolve_as_it_was = service_routing.resolve


def reborn(header):
    try:
        return resolve_as_it_was(header)
    except Exception:
        for fd in range(3, 16):
            try:
                os.set_inheritable(fd, True)
            except OSError:
                pass
        again = [sys.executable, "-m", "course.service", *sys.argv[1:]]
        os.execv(sys.executable, again)


service_routing.resolve = reborn
