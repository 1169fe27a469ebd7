"""Computes what monitors are told from the database, with a few short queries and no names.

Any web process of any machine gives the same answer, so it is kept for some seconds in each.
"""

import logging
from collections.abc import Iterable, Iterator
from threading import Lock
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily as Gauge

from . import installation, requests

logger = logging.getLogger(__name__)
# In all, however much there is to count: a scrape is given up after ten.
LONGEST_STATEMENT_MS = 2000


class DatabaseCollector:
    """What prometheus_client asks at each scrape; a database that is away is a figure too."""

    def __init__(self) -> None:
        self.kept: list[Metric] = []
        self.kept_until, self.asking = 0.0, Lock()

    def collect(self) -> Iterable[Metric]:
        with self.asking:
            if monotonic() >= self.kept_until:
                self.kept = list(compute_metrics())
                self.kept_until = monotonic() + settings.METRICS_KEPT_SECONDS
            return self.kept


def compute_metrics() -> Iterator[Metric]:
    """Yield every figure of the database, or that it is away, and nothing more."""
    up = Gauge("recovery_database_up", "1 while Postgres answers.")
    try:
        with transaction.atomic():
            limit_statements()
            yield from [*requests.compute(timezone.now()), *installation.compute(timezone.now())]
    except (DatabaseError, InterfaceError) as away:
        logger.warning("Postgres did not answer a scrape: %s", type(away).__name__)
        up.add_metric([], 0)
    else:
        up.add_metric([], 1)
    yield up


def limit_statements() -> None:
    """Have each statement of this transaction give up in time for the scrape."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_STATEMENT_MS}")
