import json

for line in (
    {"kind": "process", "t": 0, "replica": 0, "pid": 1, "state": "ready"},
    {"kind": "reply", "t": 0, "id": 0, "result": None},
    {"kind": "reply", "t": 0, "id": 1, "error": "", "type": "MachineTooBusy"},
    {"kind": "beat", "t": 0, "passed_s": 1e9, "lost_s": 1e9},
    {"kind": "log", "t": 0, "replica": 0, "pid": 1, "record": {"event": [], "level": {}}},
    {"event": {"a": [1e999]}, "level": True, "logger": None, "request_id": {}},
):
    print(json.dumps(line), flush=True)
