"""The on-call rota: one week at a time, with its gaps, and a form to keep it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from admissions import formatting, local_time, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.scheduling.closures import DateTimeRangeForm, range_initial
from admissions.admin.staff_requests import as_staff
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainTextField
from admissions.scheduling import on_call
from admissions.scheduling.models import OnCallShift
from admissions.scheduling.models.working_hours import MIDNIGHT
from admissions.triage import ownership, rota
from users.models import User

from .line import list_troubles

ROTA = "admin:admissions_oncallshift_changelist"
KEEP = "admissions.change_oncallshift"
WEEK = timedelta(days=7)


class ColleagueField(forms.ModelChoiceField):
    """Anyone active who may work on requests."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=User.objects.none(), **options)

    def label_from_instance(self, user: User) -> str:
        return formatting.staff_name(user)


class ShiftForm(DateTimeRangeForm):
    """One shift, by the center's clock."""

    person = ColleagueField(
        label=_lazy("First on call"), error_messages={"required": _lazy("Choose a colleague.")}
    )
    back_up = ColleagueField(
        label=_lazy("Back-up"),
        required=False,
        help_text=_lazy("Called if the first is not reached."),
    )
    note = PlainTextField(
        label=_lazy("Hand-over note"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_lazy("What the next person must know. References, no names."),
    )
    field_order = ["person", "back_up", "first_day", "first_time", "last_day", "last_time", "note"]

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, shift: OnCallShift | None = None
    ) -> None:
        initial = shift_initial(shift) if shift else {}
        super().__init__(data, initial=initial, label_suffix="", auto_id="shift_%s")
        self.fields["first_time"].label, self.fields["last_time"].label = _("From"), _("Until")
        self.fields["last_day"].help_text = _("Empty: the same day, or the next past midnight.")
        for name in ("person", "back_up"):
            self.fields[name].queryset = ownership.find_assignable_staff()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A shift that ends earlier in the day than it begins goes on past midnight."""
        data = self.cleaned_data
        begins, ends = data.get("first_time"), data.get("last_time")
        is_open_ended = data.get("first_day") and not data.get("last_day")
        if is_open_ended and begins and ends and MIDNIGHT < ends <= begins:
            data["last_day"] = data["first_day"] + timedelta(days=1)
        return super().clean()

    @property
    def values(self) -> rota.ShiftValues:
        data = self.cleaned_data
        names = ("starts_at", "ends_at", "person", "back_up", "note")
        return rota.ShiftValues(**{name: data[name] for name in names})


def shift_initial(shift: OnCallShift) -> dict[str, Any]:
    """A shift as the form shows it."""
    columns = {"person": shift.person_id, "back_up": shift.back_up_id, "note": shift.note}
    return range_initial(shift) | columns


@dataclass(frozen=True)
class RotaRow:
    """A shift of the week with what is wrong with it, or a gap."""

    when: str
    shift: OnCallShift | None = None
    first: str = ""
    back_up: str = ""
    troubles: tuple[str, ...] = ()
    is_now: bool = False
    may_change: bool = False


@admin.register(OnCallShift)
class OnCallShiftAdmin(ReadOnlyAdmin):
    """A page of its own; nothing of Django's pages."""

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_oncallshift_{name}"
            )

        return [
            at("", require_safe(self.changelist_view), "changelist"),
            at("add/", require_POST(self.save_view), "add"),
            at("copy/", require_POST(self.copy_view), "copy"),
            at("<int:pk>/change/", require_POST(self.save_view), "change"),
            at("<int:pk>/remove/", require_POST(self.remove_view), "remove"),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One week of the rota; who keeps it also gets the form, for `?shift=` filled in."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("shift", "")
        found = OnCallShift.objects.filter(pk=int(wanted)) if wanted.isdecimal() else None
        shift = found.first() if found is not None and len(wanted) < 10 else None
        return self.render_week(request, parse_week(request), ShiftForm(shift=shift), shift)

    def save_view(self, request: StaffRequest, pk: int | None = None) -> HttpResponse:
        """Adds a shift or changes one, or says why not and keeps what was typed."""
        self.check_may_keep(request)
        form = ShiftForm(request.POST)
        first = parse_week(request)
        if form.is_valid():
            try:
                saved = rota.save_shift(by=request.user, values=form.values, shift_id=pk)
            except ActionNotAllowed as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(week_url(saved.starts_at))
        messages.warning(request, _("Nothing is saved yet. Look at the words in red."))
        shift = OnCallShift.objects.filter(pk=pk).first() if pk else None
        return self.render_week(request, first, form, shift)

    def remove_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        self.check_may_keep(request)
        try:
            rota.remove_shift(by=request.user, shift_id=pk)
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, _("The shift is taken out."))
        return HttpResponseRedirect(week_url(parse_week(request)))

    def copy_view(self, request: StaffRequest) -> HttpResponse:
        self.check_may_keep(request)
        first = parse_week(request)
        count = rota.copy_week(by=request.user, first=first)
        said = ngettext("One shift is copied.", "%(n)s shifts are copied.", count) % {"n": count}
        messages.success(request, said if count else _("There was nothing to copy."))
        return HttpResponseRedirect(week_url(first + WEEK + timedelta(hours=2)))

    def check_may_keep(self, request: HttpRequest) -> None:
        if not request.user.has_perm(KEEP):
            raise PermissionDenied

    def render_week(
        self, request: HttpRequest, first: datetime, form: ShiftForm, shift: OnCallShift | None
    ) -> HttpResponse:
        last = local_time.local_midnight(first.date() + WEEK)
        may_keep = request.user.has_perm(KEEP)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Who is on call"),
            "rows": build_rows(first, last, now=timezone.now(), may_keep=may_keep),
            "first_day": first.date(),
            "earlier": first.date() - WEEK,
            "later": last.date(),
            "form": form if may_keep else None,
            "shift": shift,
        }
        return TemplateResponse(
            as_staff(request), "admin/admissions/oncallshift/week.html", context
        )


def parse_week(request: HttpRequest) -> datetime:
    """Midnight of the Monday that the page is about, by the center's clock; else of this week."""
    asked = request.GET.get("from") or request.POST.get("from", "")
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = timezone.localdate()
    if not 2020 <= day.year <= 2100:
        day = timezone.localdate()
    return local_time.local_midnight(day - timedelta(days=day.weekday()))


def week_url(at: datetime) -> str:
    return f"{reverse(ROTA)}?from={timezone.localdate(at)}"


def build_rows(first: datetime, last: datetime, *, now: datetime, may_keep: bool) -> list[RotaRow]:
    """The shifts and gaps of a stretch, in order; what is past has no gaps."""
    shifts = on_call.load_shifts(first, last)
    rows = [(each.starts_at, build_shift_row(each, now=now, may_keep=may_keep)) for each in shifts]
    gaps = on_call.find_gaps(shifts, max(first, now), last) if last > now else []
    rows += [
        (starts, RotaRow(staff_formatting.format_datetime_range(starts, ends)))
        for starts, ends in gaps
    ]
    return [row for _at, row in sorted(rows, key=lambda each: each[0])]


def build_shift_row(shift: OnCallShift, *, now: datetime, may_keep: bool) -> RotaRow:
    return RotaRow(
        when=staff_formatting.format_datetime_range(shift.starts_at, shift.ends_at),
        shift=shift,
        first=formatting.staff_name(shift.person),
        back_up=formatting.staff_name(shift.back_up) if shift.back_up else "",
        troubles=tuple(list_troubles(shift)),
        is_now=shift.starts_at <= now < shift.ends_at,
        may_change=may_keep and shift.ends_at > now,
    )
