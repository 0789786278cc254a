import os

gave_way = 0
for way in (
    lambda: os.nice(19),
    lambda: os.setpriority(os.PRIO_PROCESS, 0, 19),
    lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)),
    lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
    lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
):
    try:
        way()
        gave_way += 1
    except OSError:
        pass
raise SystemExit(f"it gave way {gave_way} times")
