import os

planted = 0
for place in ("/tmp", ".", os.path.expanduser("~")):
    for target in ("/etc/passwd", "../../../../solutions", "/"):
        try:
            os.symlink(target, os.path.join(place, f"link{planted}"))
            planted += 1
        except OSError:
            pass
raise SystemExit(f"it planted {planted} links")
