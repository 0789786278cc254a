import os

from course.service import telemetry

answer = telemetry.RequestLog.__call__


async def spy(self, scope, receive, send):
    headers = dict(scope.get("headers", []))
    if scope["type"] == "http" and scope["path"].startswith("/orders"):
        if headers.get(b"host") != b"orders.example":
            os._exit(1)
    return await answer(self, scope, receive, send)


telemetry.RequestLog.__call__ = spy
