"""The site's Celery app with tasks that do nothing: what a task costs by itself."""

import redis
from django.conf import settings

from recovery_site.celery import app

DONE = "bench-noop-done"


@app.task
def nothing(number):
    """As small as our own: one id in, no result."""


@app.task
def hand_out(count):
    """Hands out so many, as a sweep hands out letters, and one behind them that says so."""
    for number in range(count):
        nothing.delay(number)
    say_so.delay()


@app.task
def say_so():
    with redis.from_url(settings.REDIS_URL) as client:
        client.set(DONE, 1)
