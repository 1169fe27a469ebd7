"""Offers what has opened to those on the waitlist, and answers who asks for a link."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from admissions.alerts import news
from admissions.calendars.tasks import SWEEP_LIMIT
from admissions.intake.models import ConsultationRequest, LinkRequest
from admissions.messaging import tasks as messaging_tasks
from admissions.scheduling.models import WaitlistEntry

from . import earlier_offers, link_answers


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


def wake_link_request(asked: LinkRequest) -> None:
    """Once this commits, have a worker answer it; the sweep does it if Redis is away."""
    pk = asked.pk
    transaction.on_commit(lambda: answer_link_requests.delay([pk]), robust=True)


@shared_task
def answer_link_requests(ids: list[int] | None = None) -> int:
    """Answer these asks for a link, or all that wait; safe to repeat. Returns how many letters."""
    if ids is None:
        waiting = LinkRequest.objects.order_by("pk").values_list("pk", flat=True)
        ids = list(waiting[:SWEEP_LIMIT])
    owed = [request for pk in ids for request in link_answers.answer_link_request(pk=pk)]
    for request_id in owed:
        messaging_tasks.send_due_messages.delay(str(request_id))
    return len(owed)


@shared_task
def tell_of_talks_soon() -> int:
    """Tell counselors of talks that begin within 10 minutes, each once."""
    return news.tell_of_talks_soon(now=timezone.now())
