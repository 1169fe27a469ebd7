"""How long each kind of data is kept: a list with what goes soon, and a page for each rule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from admissions.accounts.staff_request import StaffRequest
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.privacy import schedule
from admissions.privacy.models import RetentionPeriod

from .forms import PeriodForm

TEMPLATE_DIR = "admin/admissions/retentionperiod"
LIST = "admin:admissions_retentionperiod_changelist"


@dataclass(frozen=True)
class RuleRow:
    """One rule: how long, and what goes by it soon."""

    rule: RetentionPeriod.Rule
    period: str
    preview: schedule.Preview
    is_ours: bool

    @property
    def is_draft(self) -> bool:
        return self.rule == RetentionPeriod.Rule.DRAFT

    @property
    def is_records(self) -> bool:
        return self.rule == RetentionPeriod.Rule.RECORDS


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(admin.ModelAdmin):
    """Nothing of Django's own pages."""

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_retentionperiod_{name}"
            )

        change = require_http_methods(["GET", "HEAD", "POST"])(self.rule_view)
        return [
            at("", require_safe(self.changelist_view), "changelist"),
            at("<slug:rule>/", change, "change"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now, periods = timezone.now(), schedule.periods()
        rows = [rule_row(rule, periods[rule], now) for rule in schedule.BOUNDS]
        access_log.log_view(
            request,
            code="retentionperiod_changelist",
            shown=[each.pk for row in rows for each in row.preview.requests],
        )
        title = _("How long data is kept")
        return self.render_page(request, "list", title=title, rows=rows)

    def rule_view(self, request: StaffRequest, rule: str) -> HttpResponse:
        """One rule; a director changes it in two steps, and sees first what would go."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if rule not in schedule.BOUNDS:
            raise Http404
        period = schedule.periods()[rule]
        form = PeriodForm(rule=rule, period=period)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            form = PeriodForm(request.POST, rule=rule, period=period)
            if form.is_valid() and form.cleaned_data["is_confirmed"]:
                return self.change(request, form)
        return self.render_rule(request, form, rule=RetentionPeriod.Rule(rule), period=period)

    def change(self, request: StaffRequest, form: PeriodForm) -> HttpResponse:
        try:
            is_changed = schedule.change_period(
                rule=form.rule, period=form.period, seen=form.seen_period, by=request.user
            )
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        except ChangedMeanwhile:
            messages.warning(request, _("A colleague has just changed it. Look at it again."))
        else:
            said = _("Saved. It counts from tonight on.")
            messages.success(request, said if is_changed else _("It is like this already."))
        return HttpResponseRedirect(reverse(LIST))

    def render_rule(
        self,
        request: HttpRequest,
        form: PeriodForm,
        *,
        rule: RetentionPeriod.Rule,
        period: timedelta,
    ) -> HttpResponse:
        """The rule as it is; with what would go by another period once one was sent."""
        now, wanted = timezone.now(), None
        row = rule_row(rule, period, now)
        shown = [each.pk for each in row.preview.requests]
        if form.is_bound and form.is_valid():
            wanted = rule_row(rule, form.period, now)
            shown += [each.pk for each in wanted.preview.requests]
        access_log.log_view(as_staff(request), code="retentionperiod_change", shown=shown)
        return self.render_page(
            request,
            "rule",
            title=rule.label,
            row=row,
            form=form,
            wanted=wanted,
            may_change=self.has_change_permission(request),
        )

    def render_page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "may_open": request.user.has_perm("admissions.view_consultationrequest"),
            **context,
        }
        return TemplateResponse(request, f"{TEMPLATE_DIR}/{name}.html", context)


def rule_row(rule: str, period: timedelta, now: datetime) -> RuleRow:
    return RuleRow(
        rule=RetentionPeriod.Rule(rule),
        period=schedule.format_period(period),
        preview=schedule.preview_rule(rule, period=period, now=now),
        is_ours=period == schedule.BOUNDS[schedule.Rule(rule)].default,
    )
