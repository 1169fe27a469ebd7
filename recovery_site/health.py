"""What load balancers and monitors ask; docs/operations.md says which address is for whom."""

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from admissions.installation import heartbeats
from admissions.installation.models import Heartbeat
from admissions.operations import status

logger = logging.getLogger(__name__)
PROBE, PROBE_PAUSE = "probe", timedelta(seconds=5)


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process serves, whatever else is away."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when Postgres and Redis both answer, 503 otherwise."""
    return one_word(postgres_answers() and redis_answers())


def livez(request: HttpRequest) -> HttpResponse:
    """200 while people can book here: Postgres answers and stores. Redis may be away."""
    return one_word(postgres_stores())


def statusz(request: HttpRequest) -> HttpResponse:
    """200 when all is well behind the site too, 503 otherwise; JSON says what is not."""
    now = timezone.now()
    try:
        parts = status.read_status(now) | {"postgres": {"state": "ok"}}
    except DatabaseError as away:
        logger.warning("Postgres did not answer: %s", type(away).__name__)
        parts = {"postgres": {"state": "away"}, "disk": status.describe_disk()}
    parts["redis"] = {"state": "ok" if redis_answers() else "away"}
    return JsonResponse(
        parts,
        status=200 if status.is_well(parts) else 503,
        headers={"Cache-Control": "no-store"},
    )


def one_word(is_well: bool) -> HttpResponse:
    return HttpResponse(
        "ok" if is_well else "unavailable",
        status=200 if is_well else 503,
        content_type="text/plain",
        headers={"Cache-Control": "no-store"},
    )


def postgres_stores() -> bool:
    """Whether a row can be written, as on a full disk or on a replica it cannot.

    Within some seconds after a write that worked, Postgres need only answer: anyone may ask.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT seen_at FROM admissions_heartbeat WHERE name = %s", [PROBE])
            last = cursor.fetchone()
        if last is None or timezone.now() - last[0] >= PROBE_PAUSE:
            heartbeats.save_heartbeat(role=Heartbeat.Role.PROBE, name=PROBE)
        return True
    except DatabaseError as refused:
        logger.warning("Postgres did not store: %s", type(refused).__name__)
        return False


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
