print("[" * 500_000)
print('{"a":' * 900 + "1" + "}" * 900)
print('{"event": 1e999, "level": "\\ud800", "t": NaN}')
raise SystemExit(3)
