"""The director's screen, and its figures as a file."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_POST

from admissions.accounts.staff_request import StaffRequest
from admissions.admin.action_form import set_choices
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.local_time import local_midnight
from admissions.read_replica import read_figures
from admissions.reporting import csv_export
from admissions.reporting.period import NO_PROGRAM, PERIOD_DAYS, Period, period_until_now
from admissions.reporting.report import build_report
from programs.models import Program

from . import page

PERIOD_NAMES = {1: _lazy("Today"), 7: _lazy("7 days"), 30: _lazy("30 days")}
DEFAULT_DAYS = 7
# What the audit calls this screen and its file.
LOG_CODE = "director"


class ReportFilterForm(forms.Form):
    """Which days, and whose requests; what cannot be read is left at its usual value."""

    days = forms.TypedChoiceField(
        coerce=int,
        choices=[(days, PERIOD_NAMES[days]) for days in PERIOD_DAYS],
        required=False,
        # Its stubs know texts alone.
        empty_value=DEFAULT_DAYS,  # type: ignore[arg-type]
        widget=forms.HiddenInput,
    )
    program = forms.ChoiceField(label=_lazy("Program"), required=False)
    language = forms.ChoiceField(
        label=_lazy("Language"), required=False,
        choices=[("", _lazy("All languages")), *settings.LANGUAGES],
    )  # fmt: skip
    source = forms.ChoiceField(
        label=_lazy("Source"), required=False,
        choices=[("", _lazy("All sources")), *ConsultationRequest.Source.choices],
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", auto_id="look_%s", **options)
        programs = Program.objects.values_list("slug", "name")
        set_choices(self, "program", [
            ("", _("All programs")), *programs, (NO_PROGRAM, _("Not said"))
        ])  # fmt: skip

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the figures, by name."""
        cleaned = self.cleaned_data
        return {
            name: cleaned[name] for name in ("program", "language", "source") if cleaned.get(name)
        }


@require_GET
def reports_view(request: StaffRequest, *, site: admin.AdminSite) -> HttpResponse:
    """The screen; that someone looked is recorded, with the names of what narrowed it."""
    if not request.user.has_perm("admissions.view_reports"):
        raise PermissionDenied
    now, form = timezone.now(), ReportFilterForm(request.GET)
    form.is_valid()
    period = period_until_now(
        days=form.cleaned_data.get("days") or DEFAULT_DAYS, now=now, **form.filters
    )
    figures = read_figures(lambda: page.report_context(build_report(period, now=now)))
    log_report_view(request, AuditEvent.Type.REPORT_VIEWED, period)
    context = {
        **site.each_context(request),
        **figures.value,
        "seconds_old": figures.as_of and max(0, int((now - figures.as_of).total_seconds())),
        "title": _("Reports"),
        "period": period,
        "picker": ReportFilterForm(initial={"days": period.days, **period.filters}),
        "periods": period_links(period),
        "may_export": request.user.has_perm("admissions.export_reports"),
        "file_days": csv_export.EXPORT_DAYS,
    }
    return TemplateResponse(request, "admin/reports.html", context)


def period_links(period: Period) -> list[dict]:
    """Each stretch of days as an address that keeps what narrows the figures."""
    return [
        {
            "name": name,
            "query": urlencode({"days": days, **period.filters}),
            "is_shown": days == period.days,
        }
        for days, name in PERIOD_NAMES.items()
    ]


def log_report_view(request: StaffRequest, type: str, period: Period) -> None:
    """Who looked, at how many days, and what narrowed them; never to what."""
    code = f"{LOG_CODE}, {period.days}"
    access_log.log_request_view(request, None, type=type, code=code, fields=period.filters)


@require_POST
def export_reports_view(request: StaffRequest) -> StreamingHttpResponse:
    """The figures of the last whole days as a file, counts of few people left out."""
    if not request.user.has_perm("admissions.export_reports"):
        raise PermissionDenied
    now = timezone.now()
    found = read_figures(
        lambda: csv_export.build_export_report(now=now),
        # All of the file's last day.
        reaching=local_midnight(timezone.localdate(now)),
    ).value
    log_report_view(request, AuditEvent.Type.EXPORTED, found.period)
    return StreamingHttpResponse(
        csv_export.stream_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{csv_export.export_filename(found)}"'
        },
    )
