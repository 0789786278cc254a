import ctypes

libc = ctypes.CDLL(None)
queues = [libc.inotify_init1(0) for _ in range(100)]
raise SystemExit(f"it has {sum(queue >= 0 for queue in queues)} queues")
