print("\x1b[2J\x1b]0;owned\x07", "\\ud800", '{"event": "\\ud800\\u001b[31m"}')
raise SystemExit(4)
