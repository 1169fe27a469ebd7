"""Who is on call, in one line for the head of the desk."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting
from admissions.scheduling import on_call
from admissions.scheduling.models import OnCallShift


@dataclass(frozen=True)
class OnCallNow:
    """Who is on call at this moment, in a sentence, and what they were told."""

    sentence: str
    is_covered: bool
    note: str = ""


def describe_on_call(now: datetime) -> OnCallNow:
    """Kim until 8:00 am, back-up Dana; or that nobody is, and why."""
    shift = on_call.find_shift(at=now)
    if shift is None:
        return OnCallNow(_("Nobody. Danger goes to the on-call lead."), is_covered=False)
    troubles, people = list_troubles(shift), [formatting.staff_name(each) for each in shift.people]
    if not people:
        said = _("Nobody. Danger goes to the on-call lead.")
        return OnCallNow(" ".join([*troubles, said]), is_covered=False, note=shift.note)
    words = {
        "name": people[0],
        "clock": staff_formatting.format_short_datetime(shift.ends_at, now),
        "back_up": people[-1],
    }
    said = (
        _("%(name)s until %(clock)s, back-up %(back_up)s.")
        if len(people) > 1
        else _("%(name)s until %(clock)s, no back-up.")
    )
    return OnCallNow(" ".join([said % words, *troubles]), is_covered=True, note=shift.note)


def list_troubles(shift: OnCallShift) -> list[str]:
    """Why somebody of this shift cannot be reached in it, or in a part of it."""
    people = [(shift.person, shift.person_is_away)]
    people += [(shift.back_up, shift.back_up_is_away)] if shift.back_up else []
    found = []
    for user, is_away in people:
        words = {"name": formatting.staff_name(user)}
        if not user.is_active:
            found.append(_("%(name)s has left.") % words)
        elif is_away:
            found.append(_("%(name)s is away.") % words)
        elif not user.email:
            found.append(_("%(name)s has no email, so danger cannot ring them.") % words)
    return found
