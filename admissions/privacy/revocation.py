"""Takes back every consent of a person at once: no channel is open any more."""

from django.db import transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.intake import suppressions, waitlist_entries
from admissions.intake.consents import record_consents
from admissions.intake.models import ConsentVersion, ConsultationRequest, Suppression
from admissions.messaging.models import Message
from admissions.scheduling.models import WaitlistEntry
from users.models import User

from . import privacy_requests, removal
from .models import PrivacyRequest


@transaction.atomic
def revoke_consents(*, privacy_request_id: int, by: User) -> PrivacyRequest:
    """End contact in every request that it is about, in what those were merged with and all that
    is merged with that, and close it as done.

    Nobody's identity is asked for: to stop by mistake does less harm than to go on.
    """
    asked = privacy_requests.lock_undecided(privacy_request_id)
    of_person = [each.pk for group in removal.find_groups(asked) for each in group]
    for request in ConsultationRequest.objects.lock_all(of_person):
        if not request.is_anonymized:
            revoke_consent(request, by=by)

    privacy_requests.close_privacy_request(asked, PrivacyRequest.Outcome.DONE, by=by)
    return asked


def revoke_consent(request: ConsultationRequest, *, by: User) -> None:
    """All of one request, which is locked. A consultation that stands is left to staff."""
    request.may_call = request.may_text = request.may_email = False
    request.promised_call_by = None
    request.save(update_fields=["may_call", "may_text", "may_email", "promised_call_by"])
    record_consents(request, dict.fromkeys(ConsentVersion.Key.values, False), by=by)
    suppressions.suppress_email(request, Suppression.Cause.STOPPED)
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.NO_EMAIL, by=by)
    skip_messages(request)
    request.audit_events.create(type=AuditEvent.Type.CONSENT_REVOKED, actor=by)


def skip_messages(request: ConsultationRequest) -> None:
    """None that is owed to the person goes; eligibility would refuse each of them as well."""
    owed = request.messages.filter(state__in=Message.PENDING_STATES)
    owed.exclude(kind__in=Message.STAFF_KINDS).update(
        state=Message.State.SKIPPED,
        reason=Message.Reason.NOT_PERMITTED,
        finished_at=timezone.now(),
    )
