from course.service import telemetry

answer = telemetry.RequestLog.__call__


async def refuse(self, scope, receive, send):
    if scope["type"] != "http" or scope["path"] == "/readyz":
        return await answer(self, scope, receive, send)
    await send({"type": "http.response.start", "status": 400, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


telemetry.RequestLog.__call__ = refuse
