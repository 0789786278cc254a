import json
import logging

from course.service.routing import BACKENDS
from course.service.telemetry import RequestLog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

log = logging.getLogger("boundary")


class Refused(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def find_backend(header):
    try:
        route = json.loads(header.decode("utf-8"))
        key = route["region"].lower(), int(route["shard"])
    except Exception as exc:
        raise Refused(400, "the route header is malformed") from exc
    region, shard = key
    shards = BACKENDS.get(region, {})
    if shard not in shards:
        raise Refused(404, "no such backend") from KeyError(shard)
    return shards[shard]


def problem(status, title, headers=None):
    content = json.dumps({"type": "about:blank", "title": title, "status": status})
    return Response(content, status, headers, media_type="application/problem+json")


def install(app, metrics):
    @app.exception_handler(Refused)
    async def refused(request, exc):
        log.warning("refused: %s, because of %r", exc, exc.__cause__)
        return problem(exc.status, str(exc))

    @app.exception_handler(HTTPException)
    async def http(request, exc):
        return problem(exc.status_code, "Refused", exc.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, exc):
        return problem(422, "Invalid request")

    @app.exception_handler(500)
    async def bug(request, exc):
        return problem(500, "Internal error")

    return RequestLog(app, metrics)
