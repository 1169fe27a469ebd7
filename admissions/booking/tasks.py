"""Offers what has opened to those on the waitlist."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.messaging import tasks as messaging_tasks
from admissions.scheduling.models import WaitlistEntry

from . import earlier_offers


def wake_delivery_and_offers(request: ConsultationRequest) -> None:
    """As wake, and offer the time that was freed to those who wait."""
    messaging_tasks.wake_delivery(request)
    wake_offer_sweep()


def wake_offer_sweep() -> None:
    """Once this commits, offer what has opened, if anyone waits; the sweep does it too."""
    if WaitlistEntry.objects.open().exists():
        transaction.on_commit(offer_opened_slots.delay, robust=True)


@shared_task
def offer_opened_slots() -> int:
    """Offer what has opened to those who wait, and have their letters sent; returns how many."""
    owed = earlier_offers.sweep_offers(now=timezone.now())
    for request_id in owed:
        messaging_tasks.send_due_messages.delay(str(request_id))
    return len(owed)
