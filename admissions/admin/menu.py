"""Where the menu of the staff desk leads, and for whom."""

from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from admissions.accounts.staff_request import StaffRequest
from users.models import User


@dataclass(frozen=True)
class MenuItem:
    """Somewhere the menu leads, for those who hold the permission."""

    name: Promise
    view: str
    permission: str = ""
    args: tuple = ()
    children: list["MenuItem"] = field(default_factory=list)

    def is_open_to(self, user: User | AnonymousUser) -> bool:
        return not self.permission or user.has_perm(self.permission)


VIEW_REQUESTS = "admissions.view_consultationrequest"
HOURS_MENU = [
    MenuItem(_("Counselors"), "admissions_counselor_changelist", "admissions.view_counselor"),
    MenuItem(_("My hours"), "admissions_hoursproposal_mine", "admissions.propose_hours"),
    MenuItem(
        _("Proposed hours"),
        "admissions_hoursproposal_changelist",
        "admissions.view_hoursproposal",
    ),
    MenuItem(_("Closures"), "admissions_closure_changelist", "admissions.view_closure"),
    MenuItem(_("On call"), "admissions_oncallshift_changelist", "admissions.view_oncallshift"),
    MenuItem(_("After hours"), "admissions_afterhours_changelist", "admissions.view_afterhours"),
    MenuItem(
        _("Why not offered?"),
        "admissions_counselor_availability_check",
        "admissions.view_counselor",
    ),
    MenuItem(_("Unmet demand"), "admissions_shortage_changelist", "admissions.view_shortage"),
    MenuItem(_("Rules per mode"), "admissions_moderules_changelist", "admissions.view_moderules"),
    MenuItem(
        _("Consent texts"), "admissions_consentversion_changelist", "admissions.view_consentversion"
    ),
]
CALENDAR_MENU = [
    MenuItem(_("Week"), "admissions_consultation_calendar", "admissions.view_consultation"),
    MenuItem(_("List"), "admissions_consultation_changelist", "admissions.view_consultation"),
    MenuItem(
        _("Own calendars"), "admissions_calendarfeed_changelist", "admissions.keep_own_calendars"
    ),
    MenuItem(
        _("Waiting list"), "admissions_waitlistentry_changelist", "admissions.view_waitlistentry"
    ),
    MenuItem(
        _("Earlier offers"), "admissions_earlieroffer_changelist", "admissions.view_earlieroffer"
    ),
]
MESSAGE_MENU = [
    MenuItem(_("Outbox"), "admissions_message_changelist", "admissions.view_message"),
    MenuItem(
        _("When and what"), "admissions_messagerule_changelist", "admissions.view_messagerule"
    ),
    MenuItem(
        _("Senders and alarms"),
        "admissions_mailsettings_changelist",
        "admissions.view_mailsettings",
    ),
    MenuItem(_("Operations"), "admissions_installation_changelist", "admissions.view_installation"),
    MenuItem(
        _("Do-not-email list"),
        "admissions_suppression_changelist",
        "admissions.view_suppression",
    ),
]
PRIVACY_MENU = [
    MenuItem(
        _("What people ask"),
        "admissions_privacyrequest_changelist",
        "admissions.view_privacyrequest",
    ),
    MenuItem(
        _("How long data is kept"),
        "admissions_retentionperiod_changelist",
        "admissions.view_retentionperiod",
    ),
    MenuItem(_("Legal holds"), "admissions_legalhold_changelist", "admissions.view_legalhold"),
    MenuItem(_("Disclosures"), "admissions_disclosure_changelist", "admissions.view_disclosure"),
    MenuItem(
        _("What was removed"),
        "admissions_removalcertificate_changelist",
        "admissions.view_removalcertificate",
    ),
]
PEOPLE_MENU = [
    MenuItem(_("People"), "users_user_changelist", "users.view_user"),
    MenuItem(_("Waiting for a second person"), "users_user_changes", "users.change_user"),
    MenuItem(
        _("What they sign as"),
        "admissions_staffcredential_changelist",
        "admissions.view_staffcredential",
    ),
]
CONTENT_MENU = [
    MenuItem(_("Texts and facts"), "app_list", "programs.view_credential", ("programs",)),
    MenuItem(
        _("Crisis lines to check"),
        "programs_crisisline_changes",
        "programs.decide_crisislinechange",
    ),
    MenuItem(_("After hours"), "admissions_afterhours_changelist", "admissions.view_afterhours"),
]
MENU = [
    MenuItem(_("Today"), "index"),
    MenuItem(_("Triage"), "admissions_consultationrequest_changelist", VIEW_REQUESTS),
    MenuItem(_("Calls"), "admissions_call_changelist", "admissions.view_call"),
    MenuItem(
        _("Insurance"),
        "admissions_benefitsverification_changelist",
        "admissions.verify_benefits",
    ),
    MenuItem(
        _("Calendar"),
        "admissions_consultation_calendar",
        "admissions.view_consultation",
        children=CALENDAR_MENU,
    ),
    MenuItem(
        _("Hours"),
        "admissions_counselor_changelist",
        "admissions.view_counselor",
        children=HOURS_MENU,
    ),
    MenuItem(
        _("Messages"),
        "admissions_message_changelist",
        "admissions.view_message",
        children=MESSAGE_MENU,
    ),
    MenuItem(_("Reports"), "reports", "admissions.view_reports"),
    MenuItem(
        _("Content"), "app_list", "programs.view_credential", ("programs",), children=CONTENT_MENU
    ),
    MenuItem(
        _("Privacy"),
        "admissions_privacyrequest_changelist",
        "admissions.view_privacyrequest",
        children=PRIVACY_MENU,
    ),
    MenuItem(_("Audit"), "admissions_auditevent_changelist", "admissions.view_auditevent"),
    MenuItem(_("People"), "users_user_changelist", "users.view_user", children=PEOPLE_MENU),
]


def build_menu(places: list[MenuItem], request: StaffRequest) -> list[dict]:
    """The places open to this person; they are at the one whose address fits best."""
    items = [build_menu_item(each, request) for each in places if each.is_open_to(request.user)]
    fitting = [item["url"] for item in items if item["is_here"]]
    for item in items:
        item["is_here"] = item["is_here"] and item["url"] == max(fitting, key=len)
    return items


def build_menu_item(place: MenuItem, request: StaffRequest) -> dict:
    url = reverse(f"admin:{place.view}", args=place.args)
    children = build_menu(place.children, request)
    is_here = request.path == url or (place.view != "index" and request.path.startswith(url))
    return {
        "name": place.name,
        "url": url,
        # A choice of one is none.
        "children": children if len(children) > 1 else [],
        "is_here": is_here or any(item["is_here"] for item in children),
    }
