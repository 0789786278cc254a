"""The orders API that went down on 5 June 2024.

Five modules: `routing` finds the backend that a request names, `store` keeps the
orders, `app` joins the two over HTTP, `telemetry` says what happens, and `__main__`
runs it all as one process. This package imports nothing else of the course, so a
release of it is a folder that can be copied and run.
"""
