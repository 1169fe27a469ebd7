"""The week calendar: whose days, for whom a time is looked for, and where a click leads."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import local_time, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import CALENDAR_PAGE
from admissions.audit import access_log
from admissions.calls import booking as calls_booking
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import week_layout
from admissions.scheduling.models import Consultation, Counselor, Mode

from . import calendar_entries, calendar_grid
from .absences import may_reassign_consultations

DAYS_IN_WEEK, MAX_DISTANCE = 7, timedelta(days=730)


class CalendarFilterForm(forms.Form):
    """Whose days to show, and for which mode; what cannot be read is left at its usual value."""

    counselor = forms.ModelChoiceField(
        label=_lazy("Counselor"),
        queryset=Counselor.objects.order_by("public_name", "pk"),
        required=False,
        empty_label=_lazy("All, one day"),
    )
    mode = forms.ChoiceField(label=_lazy("Mode"), choices=Mode.choices, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.fields["from"] = forms.DateField(label=_lazy("From"), required=False, widget=day)


@dataclass(frozen=True)
class CalendarQuery:
    """What the address asks for: one counselor's week, or everyone's day."""

    first: date
    counselor: Counselor | None
    query: week_layout.SlotQuery

    @property
    def days(self) -> int:
        return DAYS_IN_WEEK if self.counselor else 1

    @property
    def last(self) -> date:
        return self.first + (self.days - 1) * local_time.DAY

    @property
    def carried(self) -> dict:
        """What every link takes along: the mode, and for whom a time is looked for."""
        query = self.query
        if query.moving:
            return {"move": query.moving.pk}
        mode = {"mode": query.mode}
        if query.call_id:
            return mode | {"call": query.call_id}
        return mode | ({"for": query.request.pk} if query.request else {})

    def address(self, **changes: Any) -> str:
        """The calendar as it is looked at now, but for these changes; None leaves one out."""
        here = {"from": self.first, "counselor": self.counselor and self.counselor.pk}
        parameters = {**here, **self.carried, **changes}
        given = {name: value for name, value in parameters.items() if value is not None}
        return f"{reverse(CALENDAR_PAGE)}?{urlencode(given)}"


def parse_calendar_query(request: HttpRequest) -> CalendarQuery:
    form = CalendarFilterForm(request.GET)
    form.is_valid()
    cleaned, today = form.cleaned_data, timezone.localdate()
    first = cleaned.get("from") or today
    if not today - MAX_DISTANCE <= first <= today + MAX_DISTANCE:
        first = today
    return CalendarQuery(
        first,
        cleaned.get("counselor"),
        parse_slot_search(request, cleaned.get("mode") or Mode.PHONE),
    )


def parse_slot_search(request: HttpRequest, mode: str) -> week_layout.SlotQuery:
    """Who a time is looked for; whoever can no longer be helped here is left out."""
    if number := request.GET.get("move"):
        moving = Consultation.objects.standing().select_related("request", "counselor")
        found = moving.filter(pk=number).first() if number.isdecimal() else None
        if found:
            return week_layout.SlotQuery(found.mode, found.request, found)
    if call := calls_booking.find_call_to_book(request.GET.get("call")):
        return week_layout.SlotQuery(mode, spoken_language=call.language, call_id=call.pk)
    return week_layout.SlotQuery(mode, find_open_request(request.GET.get("for")))


def find_open_request(pk: str | None) -> ConsultationRequest | None:
    try:
        number = uuid.UUID(pk or "")
    except ValueError:
        return None
    return ConsultationRequest.objects.open().filter(pk=number).first()


def may_triage(request: HttpRequest) -> bool:
    return request.user.has_perm("admissions.triage_consultationrequest")


def calendar_view(request: StaffRequest, *, site: admin.AdminSite) -> HttpResponse:
    """The calendar itself; it changes nothing."""
    if not request.user.has_perm("admissions.view_consultation"):
        raise PermissionDenied
    now, look = timezone.now(), parse_calendar_query(request)
    people = week_layout.working_counselors(look.first, look.last)
    if look.counselor:
        people = Counselor.objects.filter(pk=look.counselor.pk)
    diary = week_layout.load_schedule(
        people, first=look.first, last=look.last, query=look.query, now=now
    )
    access_log.log_view(request, code="calendar", shown=calendar_request_ids(diary, look.query))
    closable = {
        each.pk for each in diary.counselors if may_reassign_consultations(request.user, each)
    }
    by_day = calendar_grid.day_bands if look.counselor is None else calendar_grid.counselor_bands
    context = {
        **site.each_context(request),
        **calendar_context(look),
        "title": _("Calendar"),
        "bands": write_bands(
            by_day(diary, look.first, look.last), entry_writer(look, may_act=may_triage(request))
        ),
        "closable": closable if not look.query.request else set(),
        "may_close_all": request.user.has_perm("admissions.add_closure"),
    }
    return TemplateResponse(request, "admin/admissions/consultation/calendar.html", context)


def entry_writer(look: CalendarQuery, *, may_act: bool) -> calendar_entries.EntryWriter:
    """Whoever looks for a time has no link to move another consultation."""
    if not may_act:
        return calendar_entries.EntryWriter()
    here = look.address().partition("?")[2]
    return calendar_entries.EntryWriter(
        pick=pick_url(look), move="" if look.query.request else f"?{here}"
    )


def write_bands(
    bands: list[calendar_grid.CalendarBand], writer: calendar_entries.EntryWriter
) -> list[calendar_grid.CalendarBand]:
    """The same bands, with what fills their columns as HTML."""
    return [
        replace(
            band,
            columns=[replace(each, written=writer.write_column(each)) for each in band.columns],
        )
        for band in bands
    ]


def calendar_request_ids(diary: week_layout.ScheduleData, query: week_layout.SlotQuery) -> list:
    """Ids of the requests that the calendar names."""
    talks = [each.request_id for found in diary.consultations.values() for each in found]
    return [*talks, *([query.request.pk] if query.request else [])]


def calendar_context(look: CalendarQuery) -> dict:
    """The words and links around the columns."""
    query, step = look.query, look.days * local_time.DAY
    known = {"from": look.first, "counselor": look.counselor, "mode": query.mode}
    return {
        "look": look,
        "when": calendar_grid.period_title(look.first, look.days),
        "zone": calendar_grid.describe_zones(look.first, look.days),
        "picker": CalendarFilterForm(initial=known, auto_id="look_%s"),
        "earlier": look.address(**{"from": look.first - step}),
        "later": look.address(**{"from": look.first + step}),
        "today": look.address(**{"from": None}),
        "everyone": look.address(counselor=None),
        "leave": look.address(move=None, mode=query.mode),
        "carried": urlencode(look.carried),
        "closure_query_for_all": calendar_grid.closure_query(look.first),
        "query": query,
        "moving_when": staff_formatting.format_date_and_time(query.moving.starts_at)
        if query.moving
        else "",
    }


def pick_url(look: CalendarQuery) -> str:
    """Where a free start leads; its time and counselor are added to it."""
    query = look.query
    if query.moving:
        return f"{reverse('admin:admissions_consultation_move')}?consultation={query.moving.pk}"
    return f"{reverse('admin:admissions_consultation_book')}?{urlencode(look.carried)}"
