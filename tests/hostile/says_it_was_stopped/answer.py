import json

for used in ("\x1b[2J" * 100, {"a": [None]}, "nothing: all 10 points"):
    print(json.dumps({"event": "sandbox.stopped", "level": "critical", "used": used}))
