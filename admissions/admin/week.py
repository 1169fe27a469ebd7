"""The week calendar: whose days, for whom a time is looked for, and where a click leads."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import desk, looks, week, week_page
from ..models import Consultation, ConsultationRequest, Counselor, Mode
from .away import may_hand_over

WEEK, FARTHEST = 7, timedelta(days=730)
CALENDAR = "admin:admissions_consultation_week"


class LookForm(forms.Form):
    """Whose days to show, and for which mode; what cannot be read is left at its usual value."""

    counselor = forms.ModelChoiceField(
        label=_lazy("Counselor"),
        queryset=Counselor.objects.order_by("public_name", "pk"),
        required=False,
        empty_label=_lazy("All, one day"),
    )
    mode = forms.ChoiceField(label=_lazy("Mode"), choices=Mode.choices, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.fields["from"] = forms.DateField(label=_lazy("From"), required=False, widget=day)


@dataclass(frozen=True)
class Look:
    """What the address asks for: one counselor's week, or everyone's day."""

    first: date
    counselor: Counselor | None
    asked: week.Asked

    @property
    def days(self) -> int:
        return WEEK if self.counselor else 1

    @property
    def last(self) -> date:
        return self.first + (self.days - 1) * week.DAY

    @property
    def carried(self) -> dict:
        """What every link takes along: the mode, and for whom a time is looked for."""
        asked = self.asked
        if asked.moving:
            return {"move": asked.moving.pk}
        return {"mode": asked.mode} | ({"for": asked.request.pk} if asked.request else {})

    def address(self, **changes) -> str:
        """The calendar as it is looked at now, but for these changes; None leaves one out."""
        here = {"from": self.first, "counselor": self.counselor and self.counselor.pk}
        query = {**here, **self.carried, **changes}
        given = {name: value for name, value in query.items() if value is not None}
        return f"{reverse(CALENDAR)}?{urlencode(given)}"


def look_of(request) -> Look:
    form = LookForm(request.GET)
    form.is_valid()
    asked, today = form.cleaned_data, timezone.localdate()
    first = asked.get("from") or today
    if not today - FARTHEST <= first <= today + FARTHEST:
        first = today
    return Look(first, asked.get("counselor"), asked_of(request, asked.get("mode") or Mode.PHONE))


def asked_of(request, mode: str) -> week.Asked:
    """Who a time is looked for; whoever can no longer be helped here is left out."""
    if number := request.GET.get("move"):
        moving = Consultation.objects.standing().select_related("request", "counselor")
        found = moving.filter(pk=number).first() if number.isdecimal() else None
        if found:
            return week.Asked(found.mode, found.request, found)
    return week.Asked(mode, open_request(request.GET.get("for")))


def open_request(pk: str | None) -> ConsultationRequest | None:
    try:
        number = uuid.UUID(pk or "")
    except ValueError:
        return None
    return ConsultationRequest.objects.open().filter(pk=number).first()


def may_act(request) -> bool:
    return request.user.has_perm("admissions.triage_consultationrequest")


def week_view(request, *, site):
    """The calendar itself; it changes nothing."""
    if not request.user.has_perm("admissions.view_consultation"):
        raise PermissionDenied
    now, look = timezone.now(), look_of(request)
    people = week.working(look.first, look.last)
    if look.counselor:
        people = Counselor.objects.filter(pk=look.counselor.pk)
    diary = week.read(people, first=look.first, last=look.last, asked=look.asked, now=now)
    looks.record(request, code="calendar", shown=shown(diary, look.asked))
    closable = {each.pk for each in diary.counselors if may_hand_over(request.user, each)}
    by_day = week_page.of_day if look.counselor is None else week_page.of_days
    context = {
        **site.each_context(request),
        **frame(look),
        "title": _("Calendar"),
        "bands": by_day(diary, look.first, look.last),
        "may_act": may_act(request),
        "closable": closable if not look.asked.request else set(),
        "may_close_all": request.user.has_perm("admissions.add_closure"),
    }
    return TemplateResponse(request, "admin/admissions/consultation/week.html", context)


def shown(diary: week.Diary, asked: week.Asked) -> list:
    """Ids of the requests that the calendar names."""
    talks = [each.request_id for found in diary.consultations.values() for each in found]
    return [*talks, *([asked.request.pk] if asked.request else [])]


def frame(look: Look) -> dict:
    """The words and links around the columns."""
    asked, step = look.asked, look.days * week.DAY
    known = {"from": look.first, "counselor": look.counselor, "mode": asked.mode}
    return {
        "look": look,
        "when": week_page.title(look.first, look.days),
        "zone": week_page.zone_names(look.first, look.days),
        "picker": LookForm(initial=known, auto_id="look_%s"),
        "earlier": look.address(**{"from": look.first - step}),
        "later": look.address(**{"from": look.first + step}),
        "today": look.address(**{"from": None}),
        "everyone": look.address(counselor=None),
        "leave": look.address(move=None, mode=asked.mode),
        "carried": urlencode(look.carried),
        "here": look.address().partition("?")[2],
        "closing_all": week_page.closing(look.first),
        "pick": pick_address(look),
        "asked": asked,
        "moving_when": desk.full_clock(asked.moving.starts_at) if asked.moving else "",
    }


def pick_address(look: Look) -> str:
    """Where a free start leads; its time and counselor are added to it."""
    asked = look.asked
    if asked.moving:
        return f"{reverse('admin:admissions_consultation_move')}?consultation={asked.moving.pk}"
    return f"{reverse('admin:admissions_consultation_book')}?{urlencode(look.carried)}"
