"""The page that Prometheus reads."""

import os
from collections.abc import Iterator

import redis
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Metric,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.multiprocess import MultiProcessCollector

from admissions.metrics.collector import DatabaseCollector
from admissions.metrics.installation import MachineCollector
from admissions.operations import task_queues


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Every figure, for who knows the token; 404 for all others, and where none is set."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if not token or not constant_time_compare(given, f"Bearer {token}"):
        raise Http404
    text = b"".join(generate_latest(registry) for registry in (REGISTRY_OF_SITE, counted()))
    return HttpResponse(
        text, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


class QueueCollector:
    """How many tasks wait in Redis, which may be away."""

    def collect(self) -> Iterator[Metric]:
        up = Gauge("recovery_redis_up", "1 while Redis answers.")
        depth = Gauge("recovery_queue_depth", "Tasks that wait for a worker.", labels=["queue"])
        try:
            for queue in task_queues.read_queues():
                depth.add_metric([queue.name], queue.count)
            up.add_metric([], 1)
        except redis.RedisError:
            up.add_metric([], 0)
        yield from (up, depth)


def counted() -> CollectorRegistry:
    """What this process counted, or all processes of its gunicorn together."""
    # Not a setting: Celery may have loaded those before gunicorn's configuration made the folder.
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not folder:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    return registry


REGISTRY_OF_SITE = CollectorRegistry(auto_describe=False)
for collector in (DatabaseCollector(), QueueCollector(), MachineCollector()):
    REGISTRY_OF_SITE.register(collector)
