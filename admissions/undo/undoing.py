"""Puts back what somebody did a moment ago, or says why not."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.booking import tasks as booking_tasks
from admissions.exceptions import ActionNotAllowed
from admissions.formatting import staff_name
from admissions.intake import suppressions
from admissions.intake.models import ConsentEvent, ConsultationRequest, ContactAttempt
from admissions.messaging.models import Alarm, Message
from admissions.scheduling.models import Consultation, EarlierOffer, WaitlistEntry
from users.models import User

from . import snapshots
from .models import UndoableAction

Type, State = AuditEvent.Type, Message.State
# Events that change nothing of what an undo puts back.
HARMLESS = [*AuditEvent.VIEW_TYPES, Type.LINK_ASKED, Type.APPOINTMENT_FOUND, Type.NOTE_ADDED]
ONE_AT_A_TIME = "consultation_no_double_booking"


@transaction.atomic
def undo_action(*, action_id: UUID, by: User) -> UndoableAction:
    """Put the request back as it stood before the action, which is theirs; twice changes nothing.

    Raises ActionNotAllowed, and changes nothing, once UNDO_WINDOW is over, something else has
    happened to the request, its letter is on the way, or the time of its consultation is taken.
    """
    action = UndoableAction.objects.filter(pk=action_id).first()
    if action is None:
        raise ActionNotAllowed(_("There is nothing to undo here."))
    request = ConsultationRequest.objects.lock(action.request_id)
    action = UndoableAction.objects.select_for_update().get(pk=action_id)
    if action.by_id != by.pk:
        raise ActionNotAllowed(_("Only the person who did it can undo it."))
    if action.undone_at:
        return action
    check_may_undo(action, request)

    mark_undone(action)
    restore_request(request, action)
    restore_consultations(action)
    restore_rows(request, action, by=by)
    take_back_letters(request, action)

    request.audit_events.create(
        type=Type.ACTION_UNDONE,
        actor=by,
        code=action.event.type,
        detail={"event": action.event_id, "code": action.event.code},
    )

    booking_tasks.wake_delivery_and_offers(request)
    return action


def check_may_undo(action: UndoableAction, request: ConsultationRequest) -> None:
    """In time, unchanged since, and nothing of it has left the house."""
    if timezone.now() > action.expires_at:
        raise ActionNotAllowed(_("The 30 seconds are over, so it stands. Change it on this page."))
    check_unchanged(action, request)
    letters = Message.objects.filter(pk__in=action.made["messages"]).select_for_update()
    gone = [each for each in letters if each.state not in (State.QUEUED, State.SKIPPED)]
    if gone:
        raise ActionNotAllowed(_("An email about it is already on its way, so it stands."))


def check_unchanged(action: UndoableAction, request: ConsultationRequest) -> None:
    """Raise where anybody has done something to the request since."""
    since = request.audit_events.filter(pk__gt=action.last_event_id).exclude(type__in=HARMLESS)
    later = since.select_related("actor").order_by("pk").first()
    if later:
        who = staff_name(later.actor) if later.actor else later.get_source_display()
        words = {"who": who, "what": later.get_type_display()}
        raise ActionNotAllowed(
            _("It cannot be undone any more. Since then: “%(what)s” (%(who)s).") % words
        )
    if snapshots.take_snapshot(request) != action.after:
        raise ActionNotAllowed(
            _("It cannot be undone any more: this request has changed since. Look at it again.")
        )


def mark_undone(action: UndoableAction) -> None:
    """From here on, in this transaction alone, Postgres lets the states go back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        action.undone_in = cursor.fetchone()[0]
    action.undone_at = timezone.now()
    action.save(update_fields=["undone_at", "undone_in"])


def restore_request(request: ConsultationRequest, action: UndoableAction) -> None:
    set_fields(request, action.before, snapshots.STATE_FIELDS)
    if action.after["closed_at"] and not action.before["closed_at"]:
        request.close_note = ""
    request.save(update_fields=[*snapshots.STATE_FIELDS, "close_note"])


def set_fields(row: Any, kept: snapshots.Snapshot, names: list[str]) -> None:
    for name in names:
        field = row._meta.get_field(name.removesuffix("_id"))
        setattr(row, name, field.to_python(kept[name]))


def restore_consultations(action: UndoableAction) -> None:
    """Each with the status that it had; or ActionNotAllowed where its time is held by now."""
    changed = {
        int(pk): kept
        for pk, kept in action.before["consultations"].items()
        if kept != action.after["consultations"][pk]
    }
    for talk in Consultation.objects.filter(pk__in=changed):
        set_fields(talk, changed[talk.pk], snapshots.TALK_FIELDS)
        talk.cancel_reason = ""
        check_offered_to_nobody(talk)
        try:
            with transaction.atomic():
                talk.save(update_fields=[*snapshots.TALK_FIELDS, "cancel_reason"])
        except IntegrityError as refusal:
            if ONE_AT_A_TIME not in str(refusal):
                raise
            raise ActionNotAllowed(
                _("That time is taken by now. Book them another one.")
            ) from refusal


def check_offered_to_nobody(talk: Consultation) -> None:
    """Raise where somebody who waits was offered the time that a cancellation had freed."""
    offers = EarlierOffer.objects.open().filter(counselor=talk.counselor_id)
    if talk.is_standing and offers.filter(held__overlap=talk.held).exists():
        raise ActionNotAllowed(
            _("That time has been offered to somebody who waits. Book them another one.")
        )


def restore_rows(request: ConsultationRequest, action: UndoableAction, *, by: User) -> None:
    """What was logged counts no more; the wait, the alarm and what they agreed to go on."""
    before, after, now = action.before, action.after, timezone.now()
    ContactAttempt.objects.filter(pk__in=action.made["attempts"]).update(taken_back_at=now)
    ended = {*before["waiting"]} - {*after["waiting"]}
    WaitlistEntry.objects.filter(pk__in=ended).update(left_at=None, left_because="")
    silenced = {*before["alarms"]} - {*after["alarms"]}
    Alarm.objects.filter(pk__in=silenced, taken_at=None).update(
        ended_at=None, joins=None, next_ring_at=now
    )
    if after["is_stopped"] and not before["is_stopped"]:
        suppressions.lift_requester_stop(request, by=by)
    grant_again({*before["granted"]} - {*after["granted"]}, by=by)


def grant_again(granted: set[int], *, by: User) -> None:
    """One event for each consent that the action took back, with the words they had agreed to."""
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            request_id=each.request_id,
            version_id=each.version_id,
            is_granted=True,
            channel=each.channel,
            actor=by,
        )
        for each in ConsentEvent.objects.filter(pk__in=granted)
    )


def take_back_letters(request: ConsultationRequest, action: UndoableAction) -> None:
    """What it enqueued never goes; what was skipped because of it is owed again."""
    now = timezone.now()
    for letter in Message.objects.filter(pk__in=action.made["messages"], state=State.QUEUED):
        letter.state, letter.reason, letter.finished_at = State.SKIPPED, Message.Reason.UNDONE, now
        # Its key is free: the same may be promised again.
        letter.dedupe_key = f"undone:{letter.pk}"
        letter.save(update_fields=["state", "reason", "finished_at", "dedupe_key"])
    skipped = request.messages.filter(state=State.SKIPPED, finished_at__gte=action.at)
    lost = skipped.exclude(reason__in=[Message.Reason.UNDONE, Message.Reason.CANCELED])
    # Each is asked again before it goes.
    lost.update(state=State.QUEUED, reason="", finished_at=None, due_at=now)
