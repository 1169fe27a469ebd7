"""The staff desk: Django's admin under our own name, menu and look."""

from dataclasses import dataclass, field
from functools import partial, wraps

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from admissions import busy, desk, live, looks, today
from admissions.models import Consultation
from admissions.report_desk import export_view, reports_view
from staff import confirming, door, unsent, urls, views

from . import keys
from .recording import recorded, with_recording


@dataclass(frozen=True)
class Place:
    """Somewhere the menu leads, for those who hold the permission."""

    name: Promise
    view: str
    permission: str = ""
    args: tuple = ()
    within: list["Place"] = field(default_factory=list)

    def is_open_to(self, user) -> bool:
        return not self.permission or user.has_perm(self.permission)


LIVE = "admin/_today.html"
REQUESTS = "admissions.view_consultationrequest"
HOURS = [
    Place(_("Counselors"), "admissions_counselor_changelist", "admissions.view_counselor"),
    Place(_("Closures"), "admissions_closure_changelist", "admissions.view_closure"),
    Place(_("Why not offered?"), "admissions_counselor_why", "admissions.view_counselor"),
    Place(_("Unmet demand"), "admissions_shortage_changelist", "admissions.view_shortage"),
    Place(_("Rules per mode"), "admissions_moderules_changelist", "admissions.view_moderules"),
    Place(
        _("Consent texts"), "admissions_consentversion_changelist", "admissions.view_consentversion"
    ),
]
CALENDARS = [
    Place(_("Week"), "admissions_consultation_week", "admissions.view_consultation"),
    Place(_("List"), "admissions_consultation_changelist", "admissions.view_consultation"),
    Place(
        _("Own calendars"), "admissions_calendarfeed_changelist", "admissions.keep_own_calendars"
    ),
    Place(_("Waiting list"), "admissions_waiting_changelist", "admissions.view_waiting"),
    Place(
        _("Earlier offers"), "admissions_earlieroffer_changelist", "admissions.view_earlieroffer"
    ),
]
EMAILS = [
    Place(_("Outbox"), "admissions_message_changelist", "admissions.view_message"),
    Place(_("When and what"), "admissions_messagerule_changelist", "admissions.view_messagerule"),
    Place(
        _("Addresses we don't write to"),
        "admissions_suppression_changelist",
        "admissions.view_suppression",
    ),
]
PEOPLE = [
    Place(_("People"), "auth_user_changelist", "auth.view_user"),
    Place(
        _("What they sign as"),
        "admissions_staffcredential_changelist",
        "admissions.view_staffcredential",
    ),
]
MENU = [
    Place(_("Today"), "index"),
    Place(_("Triage"), "admissions_consultationrequest_changelist", REQUESTS),
    Place(
        _("Insurance"),
        "admissions_benefitsverification_changelist",
        "admissions.verify_benefits",
    ),
    Place(
        _("Calendar"),
        "admissions_consultation_week",
        "admissions.view_consultation",
        within=CALENDARS,
    ),
    Place(_("Hours"), "admissions_counselor_changelist", "admissions.view_counselor", within=HOURS),
    Place(_("Messages"), "admissions_message_changelist", "admissions.view_message", within=EMAILS),
    Place(_("Reports"), "reports", "admissions.view_reports"),
    Place(_("Content"), "app_list", "programs.view_credential", ("programs",)),
    Place(_("Audit"), "admissions_auditevent_changelist", "admissions.view_auditevent"),
    Place(_("People"), "auth_user_changelist", "auth.view_user", within=PEOPLE),
]


class StaffDesk(admin.AdminSite):
    site_header = _("Admissions")
    site_title = _("Admissions")
    index_title = _("Today")
    site_url = "/"
    enable_nav_sidebar = False
    index_template = "admin/today.html"

    def has_permission(self, request):
        """Nothing opens without the second factor, proven in this very session."""
        return door.is_open_to(request)

    def admin_view(self, view, cacheable=False):
        """The door of every page, which notes who looks; what a form sent through a closed one
        is kept for its owner."""
        guarded = super().admin_view(recorded(view), cacheable)

        @wraps(view)
        def at_the_door(request, *args, **kwargs):
            if request.method != "POST":
                return guarded(request, *args, **kwargs)
            if self.has_permission(request):
                if unsent.KEY in request.session and request.path not in own_steps():
                    unsent.forget(request)
                return guarded(request, *args, **kwargs)
            unsent.keep(request, owner=unsent.owner_of_ended_session(request))
            return redirect_to_login(unsent.page_of(request), reverse("admin:login"))

        return at_the_door

    def register(self, model_or_iterable, admin_class=None, **options):
        """Whatever is edited here is recorded."""
        super().register(model_or_iterable, with_recording(admin_class), **options)

    def get_urls(self):
        turn = path("keys/", self.admin_view(require_POST(keys.keys_view)), name="keys")
        return [turn, *urls.within(self), *self.reports(), *super().get_urls()]

    def reports(self):
        """The director's screen; who takes its figures away proves again who they are."""
        screen = self.admin_view(partial(reports_view, site=self))
        file = self.admin_view(confirming.recently_confirmed(export_view))
        return [
            path("reports/", screen, name="reports"),
            path("reports/file/", file, name="reports_file"),
        ]

    def login(self, request, extra_context=None):
        return views.sign_in(request)

    def password_change(self, request, extra_context=None):
        return views.change_password(request)

    def logout(self, request, extra_context=None):
        return views.sign_out(request)

    def autocomplete_view(self, request):
        """Closed: no form of ours asks it, and it would search names unrecorded."""
        raise PermissionDenied

    def each_context(self, request):
        """What every page of the desk shows in its frame."""
        context = super().each_context(request)
        if context["has_permission"]:
            menu = menu_of(MENU, request)
            context |= {
                "menu": menu,
                "submenu": next((item["within"] for item in menu if item["is_here"]), []),
                "me": desk.staff_name(request.user),
                "role": role_of(request.user),
                "has_keys": keys.are_on(request),
            }
        return context

    def get_app_list(self, request, app_label=None):
        """Consultations are looked at in the week calendar first."""
        apps = super().get_app_list(request, app_label)
        for model in (model for app in apps for model in app["models"]):
            if model["model"] is Consultation and model["admin_url"]:
                model["admin_url"] = reverse("admin:admissions_consultation_week")
        return apps

    def index(self, request, extra_context=None):
        """Today: what is on fire, what comes next, what is mine."""
        now, user = timezone.now(), request.user
        extra = {
            "now": now,
            "shown_at": desk.clock(now, now),
            "today": None,
            "credential_warnings": [],
            "shortages": [],
        }
        if user.has_perm(REQUESTS):
            extra["today"] = today.today(by=user, now=now)
        if user.has_perm("admissions.view_shortage"):
            extra["shortages"] = today.shortage_alerts(now)
        if user.has_perm("programs.view_credential"):
            extra["credential_warnings"] = today.credential_warnings(now)
        if user.has_perm("admissions.keep_own_calendars"):
            extra["attention"] = busy.attention(by=user, now=now)
        if user.has_perm("admissions.view_benefitsverification"):
            extra["insurance"] = today.insurance_waiting(now)
        extra["qualifications"] = today.qualification_warnings(by=user, now=now)
        shown = [*(extra["today"].shown if extra["today"] else ())]
        shown += [each.request.pk for each in extra.get("insurance", [])]
        look = looks.refreshed(request, since=live.since(request), code="today", shown=shown)
        extra["look"] = look.pk
        response = super().index(request, extra | (extra_context or {}))
        return live.fresh(request, response, LIVE) if live.is_refresh(request) else response


def own_steps() -> set[str]:
    """Forms on the way back to what was not sent."""
    return {reverse(f"admin:{name}") for name in ("confirm", "unsent", "stay")}


def menu_of(places: list[Place], request) -> list[dict]:
    """The places open to this person; they are at the one whose address fits best."""
    items = [menu_item(each, request) for each in places if each.is_open_to(request.user)]
    fitting = [item["url"] for item in items if item["is_here"]]
    for item in items:
        item["is_here"] = item["is_here"] and item["url"] == max(fitting, key=len)
    return items


def menu_item(place: Place, request) -> dict:
    url = reverse(f"admin:{place.view}", args=place.args)
    within = menu_of(place.within, request)
    is_here = request.path == url or (place.view != "index" and request.path.startswith(url))
    return {
        "name": place.name,
        "url": url,
        # A choice of one is none.
        "within": within if len(within) > 1 else [],
        "is_here": is_here or any(item["is_here"] for item in within),
    }


def role_of(user) -> str:
    """The groups of a person, as the top bar names them."""
    return ", ".join(user.groups.order_by("name").values_list("name", flat=True))
