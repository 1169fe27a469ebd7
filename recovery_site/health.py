"""Two questions that a load balancer asks; the answers reveal nothing."""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process serves, whatever else is away."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when Postgres and Redis both answer, 503 otherwise."""
    is_ready = postgres_answers() and redis_answers()
    return HttpResponse(
        "ok" if is_ready else "unavailable",
        status=200 if is_ready else 503,
        content_type="text/plain",
        headers={"Cache-Control": "no-store"},
    )


def postgres_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError as away:
        logger.warning("Postgres did not answer: %s", type(away).__name__)
        return False


def redis_answers() -> bool:
    try:
        with redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
        ) as client:
            return client.ping()
    except redis.RedisError as away:
        logger.warning("Redis did not answer: %s", type(away).__name__)
        return False
