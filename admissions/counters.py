"""What a process counts that no table knows, for monitors; nothing of anybody.

Labels are words of ours alone. With PROMETHEUS_MULTIPROC_DIR the processes of one gunicorn add up:
see recovery_site.observing.
"""

from enum import StrEnum

from prometheus_client import Counter, Histogram, disable_created_metrics

# A second series for each would say when a process began.
disable_created_metrics()


class Refusal(StrEnum):
    """Why somebody did not get what they asked for."""

    SLOT_TAKEN = "slot_taken"
    RATE_LIMITED = "rate_limited"
    INVALID_FORM = "invalid_form"
    TRAP = "trap"
    CSRF = "csrf"
    FOREIGN_HOST = "foreign_host"
    MALFORMED = "malformed"


REFUSALS = Counter(
    "recovery_refusals", "Requests of visitors that were refused, by reason.", ["reason"]
)
SLOT_SEARCH = Histogram(
    "recovery_slot_search_seconds",
    "How long it took to find the open times.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
REQUESTS = Histogram(
    "recovery_request_duration_seconds",
    "How long an answer took, by the name of its route.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
RESPONSES = Counter(
    "recovery_responses",
    "Answers, by the name of their route and kind of status.",
    ["route", "status"],
)

for reason in Refusal:
    REFUSALS.labels(reason)


def count_refusal(reason: Refusal) -> None:
    REFUSALS.labels(reason).inc()


def count_response(*, route: str, status: int, seconds: float) -> None:
    """Count an answer; `route` is the name of a route, as a path may hold a token."""
    REQUESTS.labels(route).observe(seconds)
    RESPONSES.labels(route, f"{status // 100}xx").inc()
