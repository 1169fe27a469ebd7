"""Time without consultations: closures in whole days or parts, and holidays."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format, time_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from admissions import local_time, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.date_fields import date_field
from admissions.admin.links import CALENDAR_PAGE, REQUEST_PAGE
from admissions.scheduling import holidays
from admissions.scheduling.models import (
    Closure,
    Consultation,
    Counselor,
    OnCallShift,
    is_skipped_by_clock_change,
)
from admissions.scheduling.models.working_hours import MIDNIGHT

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CLOSURE_LIST = "admin:admissions_closure_changelist"
MAX_NAMED = 10


def time_field(label: "StrOrPromise", **options: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, **options)


class DateTimeRangeForm(forms.Form):
    """A stretch of time in whole days or parts of them, by the center's clock."""

    first_day = date_field(_("First day"))
    first_time = time_field(_("from"), help_text=_("Empty: the whole day."))
    last_day = date_field(_("Last day"), required=False, help_text=_("Empty: the same day."))
    last_time = time_field(_("until"), help_text=_("Empty: the whole day."))

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if not self.errors:
            data["starts_at"], data["ends_at"] = parse_range(data)
        return data


class ClosureForm(DateTimeRangeForm, forms.ModelForm):
    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict | None = None,
        *,
        instance: Closure | None = None,
        initial: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        known = range_initial(instance) if instance and instance.pk else {}
        super().__init__(data, files, instance=instance, initial=known | (initial or {}), **kwargs)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if not self.errors:
            self.instance.starts_at, self.instance.ends_at = data["starts_at"], data["ends_at"]
        return data


def parse_range(data: dict) -> tuple[datetime, datetime]:
    """The start and end that these days and times mean, or ValidationError.

    Of an hour that the clock repeats, the start is the first and the end the second.
    Midnight as the end of one day is the one that ends it.
    """
    zone, last_day = local_time.center_zone(), data["last_day"] or data["first_day"]
    starts_at = parse_instant(data["first_day"], data["first_time"] or time(0), zone)
    is_to_midnight = data["last_time"] == MIDNIGHT and last_day == data["first_day"]
    if data["last_time"] and not is_to_midnight:
        ends_at = parse_instant(last_day, data["last_time"], zone).replace(fold=1)
    else:
        ends_at = parse_instant(last_day + timedelta(days=1), time(0), zone)
    if ends_at.timestamp() <= starts_at.timestamp():
        raise ValidationError(_("The end must be after the start."))
    return starts_at, ends_at


def parse_instant(day: date, local: time, zone: ZoneInfo) -> datetime:
    if is_skipped_by_clock_change(day, local, zone):
        raise ValidationError(
            _("The clocks change on %(day)s: %(time)s does not exist then."),
            params={"day": date_format(day, str(_("l, F j"))), "time": time_format(local)},
        )
    return datetime.combine(day, local, tzinfo=zone)


def range_initial(closure: Closure | OnCallShift) -> dict:
    """A stretch as the form shows it: no times where it takes whole days."""
    first, last = timezone.localtime(closure.starts_at), timezone.localtime(closure.ends_at)
    is_whole = last.time() == time(0)
    return {
        "first_day": first.date(),
        "first_time": first.time() if first.time() != time(0) else None,
        "last_day": last.date() - timedelta(days=is_whole),
        "last_time": None if is_whole else last.time(),
    }


class AheadFilter(admin.SimpleListFilter):
    """Time to come, or time that is over."""

    title = _("when")
    parameter_name = "when"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("ahead", _("Now and to come")), ("over", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        if self.value() == "ahead":
            return queryset.filter(ends_at__gt=now)
        return queryset.filter(ends_at__lte=now) if self.value() == "over" else queryset


@admin.register(Closure)
class ClosureAdmin(admin.ModelAdmin):
    form = ClosureForm
    fields = ["counselor", ("first_day", "first_time"), ("last_day", "last_time"), "reason"]
    list_display = ["when", "whose", "reason"]
    list_filter = [AheadFilter, "counselor"]
    search_fields = ["reason"]
    when_empty = _(
        "No time is closed. Add the holidays of the next twelve months at once, or one closure."
    )
    list_select_related = ["counselor"]
    ordering = ["-starts_at"]
    change_list_template = "admin/admissions/closure/change_list.html"

    @admin.display(description=_("closed"))
    def when(self, closure: Closure) -> str:
        return staff_formatting.format_datetime_range(closure.starts_at, closure.ends_at)

    @admin.display(description=_("who"))
    def whose(self, closure: Closure) -> "Counselor | StrOrPromise":
        return closure.counselor or _("The whole center")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.holidays_view)
        return [path("holidays/", view, name="admissions_closure_holidays"), *super().get_urls()]

    def save_model(
        self, request: HttpRequest, obj: Closure, form: forms.Form, change: bool
    ) -> None:
        """A closure moves nobody by itself: staff are told whom it touches."""
        super().save_model(request, obj, form, change)
        holidays.reset_kept_decisions(obj)
        warn_of_affected(request, [obj])

    def response_add(
        self, request: HttpRequest, obj: Closure, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the calendar for those who came from it."""
        response = super().response_add(request, obj, post_url_continue)
        return redirect_to_calendar(request, counselor_id=obj.counselor_id) or response

    def holidays_view(self, request: StaffRequest) -> HttpResponse:
        """The holidays of the next twelve months, to close on by ticking."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            closures = holidays.close_on_holidays(days=submitted_days(request), by=request.user)
            words = ngettext("Closed on %(n)s day.", "Closed on %(n)s days.", len(closures))
            messages.success(request, words % {"n": len(closures)})
            warn_of_affected(request, closures)
            return HttpResponseRedirect(reverse(CLOSURE_LIST))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add holidays"),
            "holidays": holidays.holidays_ahead(now=timezone.now()),
        }
        return TemplateResponse(request, "admin/admissions/closure/holidays.html", context)


def redirect_to_calendar(
    request: HttpRequest, *, counselor_id: int | None
) -> HttpResponseRedirect | None:
    """The week from the day that the calendar sent along, for those who came from it."""
    if "calendar" not in request.GET:
        return None
    query = {"from": request.GET["calendar"], "counselor": counselor_id or ""}
    return HttpResponseRedirect(f"{reverse(CALENDAR_PAGE)}?{urlencode(query)}")


def submitted_days(request: HttpRequest) -> list[date]:
    """The days that were ticked; anything that is no day is left out."""
    days = []
    for text in request.POST.getlist("day"):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            continue
    return days


def warn_of_affected(request: HttpRequest, closures: list[Closure]) -> None:
    """Says which consultations stand in this time, each with a link to its request."""
    touched = holidays.find_affected_consultations(closures)
    if not touched:
        return
    words = ngettext(
        "%(n)s consultation stands in this time. It is still promised:",
        "%(n)s consultations stand in this time. They are still promised:",
        len(touched),
    )
    links = format_html_join(
        ", ", '<a href="{}">{}</a>', map(consultation_link, touched[:MAX_NAMED])
    )
    today = format_html('<a href="{}">{}</a>', reverse("admin:index"), _("Today lists them."))
    messages.warning(request, format_html("{} {}. {}", words % {"n": len(touched)}, links, today))


def consultation_link(consultation: Consultation) -> tuple[str, str]:
    words = _("%(when)s with %(counselor)s") % {
        "when": staff_formatting.format_date_and_time(consultation.starts_at),
        "counselor": consultation.counselor.public_name,
    }
    return reverse(REQUEST_PAGE, args=[consultation.request_id]), words
