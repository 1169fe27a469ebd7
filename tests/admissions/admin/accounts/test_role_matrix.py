"""Who may open and do what: every role at every address of the desk, and what it leaves behind.

AREAS is the table of docs/roles.md in addresses. An address that stands in none of them is for
nobody; a new one fails here until someone says whose it is.
"""

import re
from datetime import date
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.urls.converters import IntConverter, UUIDConverter

from admissions.accounts import roles
from admissions.accounts.urls import allauth_urls
from admissions.audit.models import AuditEvent
from admissions.calls.models import Call
from admissions.care.models import Assessment, BenefitsVerification, Finding, StaffCredential
from admissions.intake import suppressions
from admissions.intake.models import ConsentVersion, Note, Suppression
from admissions.privacy.models import Disclosure, LegalHold, RemovalCertificate
from admissions.scheduling.models import Closure, Shortage
from programs.models import Membership
from tests.admissions.privacy.people import make_asked
from tests.support import factories
from tests.support.desk import NOW, booked, minutes
from tests.support.factories import make_message

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.admissions.admin.accounts.bare_refusals"),
]

ROLES_PAGE = Path(__file__).resolve().parents[4] / "docs/roles.md"
LETTERS = {
    "coordinator": "o", "counselor": "c", "clinician": "l", "VOB": "v", "director": "d",
    "content editor": "e", "auditor": "a", None: "-",
}  # fmt: skip
# A role that is new in the table fails here until it has its letter in the areas.
ROLES = {role: LETTERS[role] for role in [*roles.ROLES, None]}
EVERYONE = "oclvdea-"
CONTENT = [
    "facility", "sociallink", "location", "membership", "crisisline", "levelofcare", "program",
    "comparisonrow", "translation",
]  # fmt: skip
NEVER_DELETED = {"programs_crisisline_delete"}
TEXTS = ["question", "article", "programtext", "page"]


def pages(*models, of="changelist history change", app="admissions"):
    return {f"{app}_{model}_{page}" for model in models for page in of.split()}


# What allauth leads to has names beside those of the desk.
ALLAUTH = {each.name for each in allauth_urls(admin.site)}


def steps(model, names):
    return {f"admissions_{model}_{name}" for name in names.split()}


# Area: who, what a GET opens, what a POST does.
AREAS = {
    "Today, one's own sign-in": (
        EVERYONE,
        {"index", "account_security", "add_passkey", "replace_app", "password_change",
         "password_change_done", "extend_session", "jsi18n", "login", *ALLAUTH,
         "set_up_two_factor", "unsent_form", "forgotten_password", "open_account_link",
         "choose_password", "alerts", "open_alert"},
        {"index", "account_security", "add_passkey", "remove_passkey", "replace_app",
         "password_change", "extend_session", "login", *ALLAUTH, "set_up_two_factor",
         "unsent_form", "keyboard_shortcuts", "renew_recovery_codes", "end_session",
         "forgotten_password", "choose_password", "save_alert_choices", "mark_alerts_seen",
         "add_alert_device", "remove_alert_device", "test_alert_device"},
    ),
    "Requests, consultations, hours and emails, to see": (
        "ocld",
        pages("consultationrequest", "consultation", "counselor", "closure", "message",
              "waitlistentry", "earlieroffer", "call")
        | steps("call", "new") | steps("consultation", "calendar book move")
        | steps("message", "html file")
        | steps("consultationrequest", "duplicates cancel")
        | steps("counselor", "availability_check"),
        pages("consultationrequest", "consultation", "counselor", "closure", "message",
              "waitlistentry", "earlieroffer", "call", of="changelist history")
        | {"admissions_message_change"} | steps("consultation", "calendar"),
    ),
    "Work on requests, consultations and emails": (
        "ocld",
        set(),
        steps("consultationrequest",
              "claim log complete no_show move plan look_sooner stop_looking hand_over give_back"
              " set_aside take_up note escalate reopen begin admit refer confirm_handover"
              " ask_insurance close take_alarm undo cancel search save_view delete_saved_view"
              " duplicates change")
        | steps("call", "new") | steps("consultation", "book move")
        | steps("message", "resend take_back came_back"),
    ),
    "Assessment and recommendation": (
        "cl",
        steps("assessment", "change recommendation"),
        steps("assessment", "change recommendation refer"),
    ),
    "Acknowledge a high concern": ("l", set(), steps("assessment", "acknowledge")),
    "Hand over all requests of a colleague": (
        "od", steps("consultationrequest", "hand_over_all"),
        steps("consultationrequest", "hand_over_all"),
    ),
    "Insurance details": (
        "v", pages("benefitsverification"), pages("benefitsverification"),
    ),
    "Time away, shortages, the do-not-email list": (
        "od",
        pages("shortage", "suppression") | steps("suppression", "lift")
        | steps("counselor", "absence gaps"),
        pages("shortage", "suppression", of="changelist history") | steps("suppression", "lift")
        | steps("counselor", "absence gaps"),
    ),
    "Who is on call, and what rings, to see": (
        "ocld",
        {"admissions_oncallshift_changelist", "alarms"},
        set(),
    ),
    "Keep the on-call rota": (
        "od", set(), steps("oncallshift", "add change remove copy"),
    ),
    "Own hours, to see and to propose": (
        "cl", steps("hoursproposal", "mine"), set(),
    ),
    "Decide about proposed hours": (
        "od", {"admissions_hoursproposal_changelist"}, steps("hoursproposal", "accept decline"),
    ),
    "Operations, to see": ("od", {"admissions_installation_changelist"}, set()),
    "Have held emails sent again": ("d", set(), {"admissions_installation_release"}),
    "When emails go and what they say, to see": (
        "od", steps("messagerule", "changelist change template preview"), set(),
    ),
    "Own calendars": ("cd", {"admissions_calendarfeed_changelist"}, set()),
    "Hours, rules, words, consents, people, reports": (
        "d",
        pages("consentversion", "staffcredential", "moderules", "mailsettings")
        | pages("consentversion", "staffcredential", "counselor", "closure", of="add")
        | pages("user", of="changelist add history change", app="users")
        | {"users_user_changes", "admissions_closure_delete", "admissions_closure_holidays",
           "reports", "admissions_calendarfeed_counselor"},
        pages("consentversion", of="changelist history")
        | pages("staffcredential", "moderules", "mailsettings")
        | pages("consentversion", "staffcredential", "counselor", "closure", of="add")
        | pages("user", app="users", of="changelist add history change remove_factor")
        | pages("user", app="users", of="send_link revoke_link changes decide start")
        | {"admissions_closure_delete", "admissions_closure_holidays",
           "admissions_closure_change", "admissions_counselor_change", "export_reports"}
        | steps("messagerule", "change template restore") | {"admissions_afterhours_change"}
        | steps("calendarfeed", "revoke file address remove"),
    ),
    "Content": (
        "e",
        pages(*CONTENT, *TEXTS, app="programs", of="changelist history change add")
        | pages(*CONTENT, "credential", app="programs", of="add delete") - NEVER_DELETED
        | pages(*TEXTS, app="programs", of="versions preview")
        | pages("translation", app="programs", of="missing"),
        pages(*CONTENT, *TEXTS, "credential", app="programs", of="changelist history change add")
        | pages(*CONTENT, "credential", app="programs", of="delete") - NEVER_DELETED
        | pages(*TEXTS, app="programs", of="publish take_up withdraw throw_away still_right"),
    ),
    "Decide about crisis lines": (
        "de", {"programs_crisisline_changes"}, {"programs_crisisline_decide"},
    ),
    "Who answers after hours, to see": (
        "de", pages("afterhours"), pages("afterhours", of="changelist history"),
    ),
    "The center's credentials, to see": (
        "de",
        pages("credential", app="programs") | {"app_list"},
        pages("credential", app="programs", of="changelist history") | {"app_list"},
    ),
    "Privacy: asked, held, told, removed, kept how long, to see": (
        "oda",
        pages("privacyrequest", "legalhold", "disclosure", "removalcertificate")
        | pages("retentionperiod", of="changelist change")
        | steps("privacyrequest", "of_request"),
        pages("privacyrequest", "legalhold", "disclosure", "removalcertificate",
              of="changelist history")
        | {"admissions_privacyrequest_change"},
    ),
    "Note privacy requests and disclosures": (
        "od", set(), steps("privacyrequest", "ask disclose"),
    ),
    "Decide privacy requests, holds and retention": (
        "d",
        steps("privacyrequest", "removal readable"),
        steps("privacyrequest",
              "identity match unmatch call decide revoke removal take_order_back file hold lift")
        | {"admissions_retentionperiod_change"},
    ),
    "Audit": ("a", {"admissions_auditevent_changelist"}, {"admissions_auditevent_lookup"}),
}  # fmt: skip
# There is one of each, made with the site.
UNIQUE = pages("facility", app="programs", of="add delete") | pages(
    "mailsettings", "afterhours", of="add delete"
)
# What shows nobody but its reader, and the frames and files of a page that is recorded.
UNRECORDED = {
    *ALLAUTH, "account_security", "add_passkey", "replace_app", "password_change",
    "alarms", "alerts", "extend_session", "jsi18n", "unsent_form", "forgotten_password",
    "choose_password",
    "admissions_messagerule_preview", "admissions_message_html", "admissions_message_file",
}  # fmt: skip
# What Django's own templates of the admin bring along, and ours do not.
STOCK = (b"admin/css/forms", b"css/changelists", b"css/widgets", b"static/admin/js/", b"icon-yes")
# What only some may read, wherever it stands: a word in the rows, and whose eyes are meant.
CANARIES = {
    "Quentin": "oclvd",
    "Hazelnut": "ocld",
    "Marzipan": "cl",
    "Zebrafinch": "v",
    "Pistachio": "ocld",
    "canary@example.com": "ocld",
}


def patterns(found=None, kwargs=None):
    """Every named address of the desk with the arguments it takes."""
    every = [*admin.site.get_urls(), *allauth_urls(admin.site)]
    for each in found if found is not None else every:
        names = (kwargs or {}) | each.pattern.converters
        if hasattr(each, "url_patterns"):
            yield from patterns(each.url_patterns, names)
        elif each.name:
            yield each.name, names


# Signing out ends the walk; view_on_site leads to pages that no row of ours has.
ADDRESSES = {name: takes for name, takes in patterns() if name not in {"logout", "view_on_site"}}


@pytest.fixture
def places():
    """Something to open at every desk, with the words that give a leak away."""
    talk = booked(minutes(60))
    request, user = talk.request, talk.counselor.user
    request.preferred_name, request.email = "Quentin", "canary@example.com"
    request.save(update_fields=["preferred_name", "email"])
    Note.objects.create(request=request, by=user, text="Hazelnut")
    assessment = Assessment.objects.create(request=request, version=1, by=user)
    Finding.objects.create(
        assessment=assessment, dimension=4, concern="low", source="self", note="Marzipan"
    )
    offer = factories.make_offer(
        consultation=talk, offered_at=minutes(-60), starts_at=minutes(30), expires_at=minutes(20)
    )
    suppressions.suppress_email(request, Suppression.Cause.BOUNCED)
    return {
        "consultationrequest": request.pk,
        "assessment": request.pk,
        "benefitsverification": BenefitsVerification.objects.create(
            request=request, member_id="Zebrafinch"
        ).pk,
        "call": Call.objects.create(
            by=user, request=request, outcome="answered", for_whom="self", note="Pistachio"
        ).pk,
        "consultation": talk.pk,
        "counselor": talk.counselor_id,
        "calendarfeed": talk.counselor_id,
        "closure": Closure.objects.create(
            counselor=talk.counselor, starts_at=minutes(9000), ends_at=minutes(9060)
        ).pk,
        "shortage": Shortage.objects.create(language="en", began_at=NOW).pk,
        "staffcredential": StaffCredential.objects.create(
            user=user, title="LAADC", number="1", expires_on=date(2030, 1, 1)
        ).pk,
        "membership": Membership.objects.create(name="Guild", expires_on=date(2030, 1, 1)).pk,
        "waitlistentry": offer.waitlist_entry_id,
        "earlieroffer": offer.pk,
        "oncallshift": factories.make_shift(user, minutes(-60), minutes(60)).pk,
        "message": make_message("moved", request=request, due_at=NOW).pk,
        "suppression": Suppression.objects.get().pk,
        "privacyrequest": make_asked(request, by=user).pk,
        "legalhold": LegalHold.objects.create(request=request, reason="x", placed_by=user).pk,
        "disclosure": Disclosure.objects.create(
            request=request,
            disclosed_at=NOW,
            to_whom="x",
            purpose="x",
            categories=["contact"],
            basis="consent",
        ).pk,
        "removalcertificate": RemovalCertificate.objects.create(request=request).pk,
        "consentversion": ConsentVersion.objects.first().pk,
        "user": user.pk,
        "group": Group.objects.first().pk,
        "moderules": "phone",
    }


def address(name, places) -> str:
    if name == "app_list":
        return reverse("admin:app_list", args=["programs"])
    kind = next((each for each in name.split("_") if each in places), "")
    pk = places.get(kind, 1)
    known = {"rule": "spam", "kind": "no_show_2", "language": "en", "draft": "now", "plan": "named"}
    known |= {"token": "unknown"}
    known |= dict.fromkeys(["pk", "object_id", "id"], pk)
    args = {}
    for each, converter in ADDRESSES[name].items():
        args[each] = known.get(each, 1)
        if isinstance(converter, UUIDConverter):
            args[each] = places["consultationrequest"]
        if isinstance(converter, IntConverter) and not isinstance(args[each], int):
            args[each] = 1
    return reverse(name if name in ALLAUTH else f"admin:{name}", kwargs=args)


def walked(client, role, places, method) -> dict:
    """What each address answers to a role, and how many events that leaves; nothing stays."""
    client.force_login(factories.make_user(role))
    found = {}
    for name in ADDRESSES:
        with transaction.atomic():
            before = AuditEvent.objects.count()
            response = getattr(client, method)(address(name, places))
            found[name] = response, AuditEvent.objects.count() - before
            transaction.set_rollback(True)
    return found


def meant_for(role, place) -> set:
    areas = [area for area in AREAS.values() if ROLES[role] in area[0]]
    return set().union(*(area[place] for area in areas)) - UNIQUE


def let_in(answers) -> set:
    """Where someone got past the door; a list of places that are all shut is not found."""
    shut = {"app_list": 404}
    return {
        name
        for name, (response, _events) in answers.items()
        if response.status_code not in (403, 405, shut.get(name))
    }


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.security(19)
def test_role_opens_and_reads_what_the_table_says(client, places, role):
    answers = walked(client, role, places, "get")

    assert let_in(answers) == meant_for(role, 1)
    assert {
        name: events
        for name, (response, events) in answers.items()
        # A link that opens nothing is a failed try, and recorded as one.
        if events - (name == "open_account_link")
        != (response.status_code == 200 and name not in UNRECORDED)
    } == {}
    assert {
        (name, each)
        for name, (response, _events) in answers.items()
        for each in STOCK
        if each in response.content
    } == set()
    pages_of = [response.content.decode() for response, _n in answers.values() if response.content]
    read = {word for word in CANARIES if any(word in page for page in pages_of)}
    assert read == {word for word, whose in CANARIES.items() if ROLES[role] in whose}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.security(19)
def test_role_does_what_the_table_says(client, places, role):
    answers = walked(client, role, places, "post")

    assert let_in(answers) == meant_for(role, 2)
    # One for the act or for the page that says why not; an offer on the way ends with a wait.
    assert {
        name: events
        for name, (_response, events) in answers.items()
        if events > 1 + (name == "admissions_consultationrequest_stop_looking")
    } == {}


@pytest.mark.security(18)
def test_nobody_opens_anything_without_a_session(client, places):
    ways_in = {"login", "set_up_two_factor", "keyboard_shortcuts"}
    ways_in |= {"forgotten_password", "open_account_link", "choose_password"}
    ways_in |= {"account_login", "mfa_authenticate", "mfa_login_webauthn"}
    answers = {
        name: client.get(address(name, places)) for name in ADDRESSES.keys() - ways_in - {"jsi18n"}
    }

    assert {
        name: response.status_code
        for name, response in answers.items()
        if "/admin/login/" not in response.get("Location", "")
    } == {}


@pytest.mark.security(19)
def test_roles_page_has_the_same_table():
    rows = re.findall(r"^\| (.+?) \|((?: [x–] \|){7})$", ROLES_PAGE.read_text(), re.MULTILINE)
    letters = [ROLES[role] for role in ROLES if role]

    assert {
        area: "".join(
            letter for letter, cell in zip(letters, cells.split("|"), strict=False) if "x" in cell
        )
        for area, cells in rows
    } == {
        area: "".join(each for each in letters if each in whose)
        for area, (whose, *_rest) in AREAS.items()
    }
