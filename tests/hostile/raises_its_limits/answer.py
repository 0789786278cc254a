import os
import resource

raised = []
for pid in (0, *map(int, filter(str.isdigit, os.listdir("/proc")))):
    for name in filter(lambda name: name.startswith("RLIMIT_"), dir(resource)):
        kind = getattr(resource, name)
        try:
            _, most = resource.prlimit(pid, kind)
            resource.prlimit(pid, kind, (resource.RLIM_INFINITY,) * 2)
            if most != resource.RLIM_INFINITY:
                raised.append((pid, name))
        except (OSError, ValueError):
            pass
raise SystemExit(f"it raised {len(raised)} limits {raised}")
