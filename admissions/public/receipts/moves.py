"""What the page says after a move: from when to when, and the way back."""

from django.http import HttpRequest

from admissions.formatting import format_datetime_in_zone
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.scheduling.models import Consultation

MOVED = "moved"


def note_move(request: HttpRequest, consultation_request: ConsultationRequest) -> None:
    """This browser has just moved it: its page offers the way back while that time stands."""
    if consultation := consultation_request.standing_consultation():
        request.session[MOVED] = consultation.pk


def undo_purpose(consultation: Consultation | None) -> str:
    """One for each time that stands: a key of the page before undoes nothing."""
    return f"undo {consultation.pk if consultation else ''}"


def is_undone_already(request: HttpRequest, consultation: Consultation | None) -> bool:
    """Whether a double click sent this form: its twin has put back what stands now."""
    moved = consultation.moved_from if consultation else None
    former = moved.moved_from if moved else None
    if consultation is None or former is None:
        return False
    is_back = former.starts_at == consultation.starts_at
    is_back = is_back and former.way_to_talk == consultation.way_to_talk
    return is_back and session.read_form_key(request, undo_purpose(moved)) is not None


def describe_move(
    request: HttpRequest, consultation: Consultation | None, *, zone_name: str
) -> dict[str, str] | None:
    """From when, to when, and the key of the button; None where this browser moved nothing."""
    if consultation is None or request.session.get(MOVED) != consultation.pk:
        return None
    former = consultation.moved_from
    if former is None:
        return None
    before, after = describe_both(former, consultation, zone_name=zone_name)
    if before == after:
        return None
    return {
        "before": before,
        "after": after,
        "key": session.issue_form_key(request, undo_purpose(consultation)),
    }


def describe_both(former: Consultation, now: Consultation, *, zone_name: str) -> tuple[str, str]:
    """The time of each; the way to talk and the place too, where it was changed."""
    is_other_way = former.way_to_talk != now.way_to_talk
    before, after = (
        f"{when}, {describe_way(each)}" if is_other_way else when
        for each in (former, now)
        for when in [format_datetime_in_zone(each.starts_at, zone_name)]
    )
    return before, after


def describe_way(consultation: Consultation) -> str:
    """By which way they talk, and where they come for it."""
    mode = consultation.get_mode_display()
    return f"{mode}, {consultation.location.name}" if consultation.is_in_person else mode
