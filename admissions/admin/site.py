"""The staff desk: Django's admin under our own name, menu and look."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial, wraps
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from admissions import formatting, staff_formatting
from admissions.accounts import (
    authentication,
    reauthentication,
    security_views,
    unsent_forms,
    urls,
    views,
)
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.booking import hours_proposals
from admissions.calendars import busy_import
from admissions.care import credentials
from admissions.crisis_lines import changes as crisis_line_changes
from admissions.privacy.models import PrivacyRequest
from admissions.scheduling.models import Consultation
from programs import missing_reviews, missing_translations
from users.models import User

from . import auto_refresh, dashboard, keyboard_shortcuts
from .alerts.urls import alert_urls
from .audited_admin import log_page_view, with_audit
from .calls.ringing import describe_ring
from .menu import MENU, VIEW_REQUESTS, build_menu
from .operations.alarm import find_sending_alarm
from .reporting.views import export_reports_view, reports_view
from .triage.ringing import alarms_view

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


DASHBOARD_PARTS = "admin/_dashboard.html"


class StaffAdminSite(admin.AdminSite):
    site_header = _("Admissions")
    site_title = _("Admissions")
    index_title = _("Today")
    site_url = "/"
    enable_nav_sidebar = False
    index_template = "admin/dashboard.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Nothing opens without the second factor, proven in this very session."""
        return authentication.is_fully_authenticated(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """The door of every page, which notes who looks; what a form sent through a closed one
        is kept for its owner. No browser keeps a page, whatever Django thinks of it: one's own
        password page is `cacheable` there."""
        guarded = super().admin_view(log_page_view(view), cacheable=False)

        @wraps(view)
        def at_the_door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return guarded(request, *args, **kwargs)
            if self.has_permission(request):
                if (
                    unsent_forms.UNSENT_SESSION_KEY in request.session
                    and request.path not in unsent_form_paths()
                ):
                    unsent_forms.discard_form(request)
                return guarded(request, *args, **kwargs)
            unsent_forms.save_form(request, owner=unsent_forms.owner_of_ended_session(request))
            return redirect_to_login(unsent_forms.return_page(request), reverse("admin:login"))

        return cast(View, at_the_door)

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin] | None = None,
        **options: Any,
    ) -> None:
        """Whatever is edited here is recorded."""
        super().register(model_or_iterable, with_audit(admin_class), **options)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        turn = path(
            "keys/",
            self.admin_view(require_POST(keyboard_shortcuts.keyboard_shortcuts_view)),
            name="keyboard_shortcuts",
        )
        ringing = path("alarms/", self.admin_view(require_GET(alarms_view)), name="alarms")
        own = [*urls.sign_in_urls(self), *alert_urls(self)]
        return [turn, ringing, *own, *self.reports(), *super().get_urls()]

    def reports(self) -> list[URLPattern]:
        """The director's screen; who takes its figures away proves again who they are."""
        screen = self.admin_view(partial(reports_view, site=self))
        file = self.admin_view(reauthentication.require_recent_authentication(export_reports_view))
        return [
            path("reports/", screen, name="reports"),
            path("reports/file/", file, name="export_reports"),
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return views.SignIn.as_view()(request)

    # Ours may lead elsewhere, where Django always draws a page.
    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return security_views.change_password(request)

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return views.sign_out(request)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Closed: no form of ours asks it, and it would search names unrecorded."""
        raise PermissionDenied

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the desk shows in its frame."""
        context = {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": self.has_permission(request),
            # Django's own asks every model whether it may be seen, for a sidebar that is off.
            "is_nav_sidebar_enabled": self.enable_nav_sidebar,
            "is_popup": False,
        }
        if context["has_permission"]:
            menu = build_menu(MENU, as_staff(request))
            context |= {
                "menu": menu,
                "submenu": next((item["children"] for item in menu if item["is_here"]), []),
                "me": formatting.staff_name(as_staff(request).user),
                "role": role_label(as_staff(request).user),
                "may_see_requests": as_staff(request).user.has_perm(VIEW_REQUESTS),
                "has_keys": keyboard_shortcuts.is_enabled(request),
                "may_take_calls": request.user.has_perm("admissions.triage_consultationrequest"),
            }
        return context

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Consultations are looked at in the week calendar first."""
        apps = super().get_app_list(request, app_label)
        for model in (model for app in apps for model in app["models"]):
            if model["model"] is Consultation and model["admin_url"]:
                model["admin_url"] = reverse("admin:admissions_consultation_calendar")
        return apps

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What there is to change in one part, and what in it is behind."""
        extra = notices_of_content(as_staff(request).user)
        return super().app_index(request, app_label, extra | (extra_context or {}))

    def index(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Today: what is on fire, what comes next, what is mine."""
        if unchanged := auto_refresh.unchanged_response(request):
            return unchanged
        now, user = timezone.now(), as_staff(request).user
        extra: dict[str, Any] = {
            "now": now,
            "shown_at": staff_formatting.format_short_datetime(now, now),
            "today": None,
        }
        if user.has_perm(VIEW_REQUESTS):
            extra["today"] = dashboard.build_dashboard(by=user, now=now, token=get_token(request))
            extra["ring"] = describe_ring(user, now)
        extra |= notices(user, now)
        if user.has_perm("admissions.keep_own_calendars"):
            extra["attention"] = busy_import.calendar_warnings(by=user, now=now)
        if user.has_perm("admissions.view_benefitsverification"):
            extra["insurance"] = dashboard.pending_insurance_checks(now)
        extra["qualifications"] = credentials.find_expiring_staff_credentials(by=user, now=now)
        shown = [*(extra["today"].shown if extra["today"] else ())]
        shown += [each.request.pk for each in extra.get("insurance", [])]
        look = access_log.log_refreshed_view(
            request, since=auto_refresh.last_view_event(request), code="today", shown=shown
        )
        extra["look"] = look.pk
        response = super().index(request, extra | (extra_context or {}))
        return (
            auto_refresh.refresh_response(request, response, DASHBOARD_PARTS)
            if auto_refresh.is_auto_refresh(request)
            else response
        )


def notices(user: User, now: datetime) -> dict[str, Any]:
    """What is wrong with the center's own affairs, for those who can mend it."""
    found: dict[str, Any] = {"credential_warnings": [], "shortages": []}
    found["crisis_line_changes"] = crisis_line_changes.count_to_decide(user)
    found["hours_proposals"] = hours_proposals.count_to_decide(user)
    if user.has_perm("admissions.view_shortage"):
        found["shortages"] = dashboard.shortage_alerts(now)
    if user.has_perm("admissions.view_installation"):
        found["sending_alarm"] = find_sending_alarm(now)
    if user.has_perm("admissions.view_backuprecord"):
        found["backup_alarm"] = dashboard.find_backup_alarm(now)
    if user.has_perm("admissions.view_privacyrequest"):
        overdue = PrivacyRequest.objects.overdue(on=timezone.localdate(now))
        found["overdue_privacy_requests"] = overdue.count()
    if user.has_perm("programs.view_credential"):
        found["credential_warnings"] = credentials.find_expiring_center_credentials(now)
    return found | notices_of_content(user)


def notices_of_content(user: User) -> dict[str, Any]:
    """What a content editor has still to write or to have reviewed."""
    if not user.has_perm("programs.view_translation"):
        return {}
    return {
        "missing_translations": missing_translations.find_missing(),
        "missing_reviews": missing_reviews.find_missing(),
    }


def unsent_form_paths() -> set[str]:
    """Forms on the way back to what was not sent."""
    names = [
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "admin:unsent_form",
        "admin:extend_session",
    ]
    return {reverse(name) for name in names}


def role_label(user: User) -> str:
    """The groups of a person, as the top bar names them."""
    return ", ".join(user.groups.order_by("name").values_list("name", flat=True))
