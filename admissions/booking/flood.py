"""One bell for a flood of online requests, whatever their number."""

from django.db import transaction
from django.utils import timezone

from admissions.messaging import outbox


@transaction.atomic
def report_flood() -> None:
    """Have the desk and the directors told, once a day; called after what was refused rolled back.

    The sweep sends it: to wake a worker for each refusal would be a flood of its own.
    """
    outbox.enqueue_flood_notice(now=timezone.now())
