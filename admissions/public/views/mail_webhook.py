"""Where the provider that carries our mail says what became of it."""

import logging
import time

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from admissions.messaging import provider_events

logger = logging.getLogger(__name__)

TRACKING_VIEWS = {
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
}
# Mailgun tries for eight hours to reach us. What is older may be a replay whose mark is gone.
MAX_EVENT_AGE_SECONDS, MAX_CLOCK_SKEW_SECONDS = 12 * 3600, 300


@csrf_exempt  # exempt: a provider signs what it says, or knows a secret; no cookie comes along
@require_http_methods(["HEAD", "POST"])
def mail_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Only the provider that carries our mail is heard, and only if it proves who it is.

    anymail checks and reads; its signals are left alone, so that what follows can be read here.
    """
    if provider != settings.MAIL_PROVIDER:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    try:
        events = parse_verified_events(request, provider)
    except AnymailWebhookValidationFailure:
        logger.warning("A report of %s was refused: its proof is wrong", provider)
        return HttpResponse(status=403)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        logger.warning("A report of %s was not understood: %s", provider, type(fault).__name__)
        return HttpResponse(status=400)
    try:
        for event in events:
            provider_events.record_provider_event(event, provider=provider)
    except provider_events.MessageStillSending:
        # The report outran our own worker, which still holds the lease: told again, it finds
        # the message settled.
        return HttpResponse(status=503, headers={"Retry-After": "60"})
    return HttpResponse()


def parse_verified_events(request: HttpRequest, provider: str) -> list:
    """The events in a report, once it has proved to be fresh and the provider's."""
    reader = TRACKING_VIEWS[provider]()
    reader.run_validators(request)
    events = reader.parse_events(request)
    if provider == "mailgun":
        check_event_age(events)
    return events


def check_event_age(events: list[AnymailTrackingEvent]) -> None:
    """Mailgun signs the moment too; its older form of a report, which is no JSON, is not read."""
    for event in events:
        age = time.time() - int(event.esp_event["signature"]["timestamp"])
        if not -MAX_CLOCK_SKEW_SECONDS <= age <= MAX_EVENT_AGE_SECONDS:
            raise AnymailWebhookValidationFailure
