import asyncio

from course.service import telemetry

answer = telemetry.RequestLog.__call__
under_way = 0


async def spy(self, scope, receive, send):
    global under_way
    if scope["type"] != "http" or not scope["path"].startswith("/orders"):
        return await answer(self, scope, receive, send)
    under_way += 1
    await asyncio.sleep(0.005)
    try:
        if under_way > 1:
            raise RuntimeError("busy")
        return await answer(self, scope, receive, send)
    finally:
        under_way -= 1


telemetry.RequestLog.__call__ = spy
