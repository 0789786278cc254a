from course.service import telemetry


async def refuse(self, scope, receive, send):
    if scope["type"] != "http":
        return await self._app(scope, receive, send)
    status = 200 if scope["path"] == "/readyz" else 400
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


telemetry.RequestLog.__call__ = refuse
