"""Every list of the desk is narrowed by its own filters, and by nothing else in an address."""

import re
from datetime import date

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import NoReverseMatch, resolve, reverse

from admissions.calls.models import Call
from admissions.care.models import StaffCredential
from admissions.intake import suppressions
from admissions.intake.models import Suppression
from admissions.scheduling.models import Closure, Shortage
from programs.models import Credential, Location, Membership
from tests.support import factories
from tests.support.desk import NOW, booked, minutes

pytestmark = pytest.mark.django_db

ADMINS = sorted(admin.site._registry.values(), key=lambda each: each.opts.label_lower)
COMPARISONS = ["", "__exact", "__isnull", "__gte", "__lt", "__in", "__startswith", "__regex"]

# Field by field: a filter that comes here is a decision about who may learn what.
PARAMETERS = {
    "admissions.call": "by day of outcome__exact outcome__isnull",
    "admissions.closure": "counselor__id__exact counselor__isnull when",
    "admissions.consentversion": "key__exact key__isnull language__exact language__isnull",
    "admissions.consultation": "counselor__id__exact counselor__isnull mode__exact mode__isnull"
    " status__exact status__isnull when",
    "admissions.consultationrequest": "language owner program show stage whom",
    "admissions.counselor": "is_taking_consultations__exact is_taking_consultations__isnull",
    "admissions.disclosure": "basis__exact basis__isnull of",
    "admissions.earlieroffer": "mode__exact mode__isnull of state__exact state__isnull",
    "admissions.legalhold": "of which",
    "admissions.message": "for kind of show",
    "admissions.privacyrequest": "of which",
    "admissions.removalcertificate": "of rule__exact rule__isnull",
    "admissions.shortage": "language__exact language__isnull",
    "admissions.staffcredential": "last",
    "admissions.suppression": "cause__exact cause__isnull of which",
    "admissions.waitlistentry": "of who",
    "users.user": "groups__id__exact groups__isnull is_active__exact is_active__isnull",
    "programs.article": "is_published__exact is_published__isnull language review translation",
    "programs.credential": "expires_on__day expires_on__month expires_on__year is_shown__exact"
    " is_shown__isnull kind__exact kind__isnull",
    "programs.crisisline": "is_active__exact is_active__isnull is_compact__exact"
    " is_compact__isnull",
    "programs.levelofcare": "is_active__exact is_active__isnull is_offered_here__exact"
    " is_offered_here__isnull scheme__exact scheme__isnull",
    "programs.location": "is_open__exact is_open__isnull",
    "programs.membership": "is_shown__exact is_shown__isnull",
    "programs.page": "is_published__exact is_published__isnull language review slug"
    " slug__isnull translation",
    "programs.program": "is_published__exact is_published__isnull",
    "programs.programtext": "is_published__exact is_published__isnull language"
    " program__id__exact program__isnull review translation",
    "programs.question": "is_on_home__exact is_on_home__isnull is_published__exact"
    " is_published__isnull language translation",
    "programs.sociallink": "is_shown__exact is_shown__isnull",
    "programs.translation": "language translation",
}


def every_admin(test):
    return pytest.mark.parametrize("desk", ADMINS, ids=lambda each: each.opts.label_lower)(test)


def address_of(desk) -> str | None:
    """Where the list stands; assessments have none."""
    try:
        return reverse(f"admin:{desk.opts.app_label}_{desk.opts.model_name}_changelist")
    except NoReverseMatch:
        return None


@pytest.fixture
def rows():
    """Something in every list, and two of what lists are filtered by."""
    talk = booked(minutes(60))
    booked(minutes(300))
    factories.make_offer(
        consultation=talk, offered_at=minutes(-60), starts_at=minutes(30), expires_at=minutes(20)
    )
    suppressions.suppress_email(talk.request, Suppression.Cause.BOUNCED)
    for each in (talk.counselor.user, factories.make_user()):
        Call.objects.create(by=each, outcome="answered", for_whom="self", at=NOW)
    Shortage.objects.create(language="en", began_at=NOW)
    Closure.objects.create(starts_at=minutes(9000), ends_at=minutes(9060))
    Membership.objects.create(name="Guild", expires_on=date(2030, 1, 1))
    for day in (date(2030, 1, 31), date(2031, 2, 1)):
        StaffCredential.objects.create(
            user=talk.counselor.user, title="LAADC", number=str(day), expires_on=day
        )
        Credential.objects.create(
            kind=Credential.Kind.values[0], number=str(day), expires_on=day,
            location=Location.objects.first(),
        )  # fmt: skip


@pytest.fixture
def asking(rf, superuser):
    """The superuser's request for the list of a model."""

    def ask(desk):
        request = rf.get("/")
        request.user = superuser
        request.resolver_match = resolve(address_of(desk) or "/admin/")
        return request

    return ask


@pytest.fixture
def superuser(client):
    """Someone whom no permission keeps from anything."""
    user = factories.make_user(role=None, first_name="Robin", is_superuser=True)
    client.force_login(user)
    return user


def paths(model) -> list[str]:
    """Each field and each way to other rows, and from there one step further."""
    names = []
    for field in model._meta.get_fields():
        names.append(field.name)
        if field.is_relation and field.related_model:
            there = field.related_model._meta.get_fields()
            names += [f"{field.name}__{each.name}" for each in there]
    return names


@every_admin
@pytest.mark.security(21, 46)
def test_list_allows_no_lookup_but_its_own_filters(desk, asking):
    request = asking(desk)
    lookups = {f"{path}{how}" for path in paths(desk.model) for how in COMPARISONS}

    allowed = {each for each in lookups if desk.lookup_allowed(each, "0", request)}

    assert allowed <= desk.filter_parameters(request)


def test_filters_of_all_lists_are_these(asking):
    parameters = {
        desk.opts.label_lower: " ".join(sorted(desk.filter_parameters(asking(desk))))
        for desk in ADMINS
    }

    assert {name: own for name, own in parameters.items() if own} == PARAMETERS


def without_tokens(response) -> bytes:
    return re.sub(rb'(name="csrfmiddlewaretoken" value="|nonce=")[^"]+', b"", response.content)


def test_one_desk_alone_has_no_list():
    assert [desk.opts.model_name for desk in ADMINS if not address_of(desk)] == ["assessment"]


def answer_to(client, address, asked):
    """What is answered to these parameters; the look that it records does not stay."""
    with transaction.atomic():
        response = client.get(address, asked)
        transaction.set_rollback(True)
    return response


LISTS = [desk for desk in ADMINS if address_of(desk)]


def every_list(test):
    return pytest.mark.parametrize("desk", LISTS, ids=lambda each: each.opts.label_lower)(test)


@every_list
@pytest.mark.security(22)
def test_foreign_lookup_is_answered_the_same_whether_a_row_is_there_or_not(
    desk, client, rows, asking
):
    address, own = address_of(desk), desk.filter_parameters(asking(desk))
    bare = answer_to(client, address, {})
    # A list that we draw ourselves reads none of them.
    expected = 400 if "cl" in bare.context_data else 200

    for lookup in {f"{each.name}__isnull" for each in desk.model._meta.get_fields()} - own:
        found, missed = (answer_to(client, address, {lookup: is_not}) for is_not in "01")
        assert (lookup, found.status_code) == (lookup, expected)
        assert (lookup, missed.status_code) == (lookup, expected)
        assert without_tokens(found) == without_tokens(missed)


@every_list
def test_every_choice_of_every_filter_can_be_followed(desk, client, rows, superuser):
    page = answer_to(client, address_of(desk), {})
    changes = page.context_data.get("cl")
    filters = changes.filter_specs if changes else []
    choices = [choice for each in filters for choice in each.choices(changes)]

    answers = [
        answer_to(client, address_of(desk) + choice["query_string"], {}) for choice in choices
    ]

    assert len(filters) == (len(desk.list_filter) if changes else 0)
    assert {answer.status_code for answer in answers} <= {200}


def test_any_order_asked_of_any_list_is_answered(client, rows, superuser):
    """By all columns at once: one that cannot be ordered by makes the whole query fail."""
    orders = [".".join(str(sign * number) for number in range(1, 13)) for sign in (1, -1)]

    answers = {
        (desk.opts.model_name, order): answer_to(client, address_of(desk), {"o": order}).status_code
        for desk in LISTS
        for order in orders
    }

    assert {asked: code for asked, code in answers.items() if code != 200} == {}


def test_list_without_sortable_columns_keeps_its_order(client, rows, superuser):
    page = client.get(reverse("admin:admissions_disclosure_changelist"), {"o": "0"})

    assert page.context_data["cl"].queryset.query.order_by[0] == "-disclosed_at"


@pytest.mark.parametrize(
    "days",
    [
        {"year": 9999},
        {"year": 2147483648},
        {"year": 99999999999999999999},
        {"year": 9999, "month": 12},
        {"year": 9999, "month": 12, "day": 31},
        {"year": 2030, "month": 13},
    ],
)
def test_day_that_no_calendar_has_is_a_wrong_filter(client, superuser, days):
    asked = {f"expires_on__{part}": number for part, number in days.items()}

    answer = client.get(reverse("admin:programs_credential_changelist"), asked)

    assert (answer.status_code, answer.url[-4:]) == (302, "?e=1")


@pytest.mark.parametrize("days", [{}, {"month": 1}, {"month": 1, "day": 31}])
def test_credentials_are_found_by_their_day(client, rows, superuser, days):
    asked = {f"expires_on__{part}": number for part, number in (days | {"year": 2030}).items()}

    page = client.get(reverse("admin:programs_credential_changelist"), asked)

    found = page.context_data["cl"].result_list
    assert [each.expires_on for each in found] == [date(2030, 1, 31)]


@every_admin
@pytest.mark.security(21)
def test_rows_are_referred_to_by_their_key_alone(desk, asking):
    request, fields = asking(desk), desk.model._meta.get_fields()

    allowed = [each.name for each in fields if desk.to_field_allowed(request, each.name)]

    assert allowed == [desk.opts.pk.name]


PEOPLE = "/admin/users/user/"


@pytest.mark.parametrize(
    "extra", [{}, {"_facets": "True"}, {"o": "1"}, {"q": "a"}, {"_popup": "1"}]
)
@pytest.mark.parametrize(
    "lookup",
    [
        "username",
        "password__startswith",
        "sessions__session_key__gte",
        "sessions__session__session_key__gte",
        "factor__secret__startswith",
        "groups__user__password__startswith",
        "is_superuser__exact",
    ],
)
@pytest.mark.security(21)
def test_director_learns_nothing_of_a_colleague_by_asking(client, lookup, extra):
    director = factories.make_user("director")
    client.force_login(director)
    asked = {"is_active__exact": "1", lookup: "0", **extra}

    answer = client.get(PEOPLE, asked)

    assert answer.status_code == 400
    assert director.username not in answer.content.decode()


def test_director_narrows_the_list_of_people_by_role(client):
    director, counselor = factories.make_user("director"), factories.make_user("counselor")
    client.force_login(director)
    group = counselor.groups.get()

    page = client.get(PEOPLE, {"is_active__exact": "1", "groups__id__exact": str(group.pk)})

    assert [*page.context_data["cl"].result_list] == [counselor]


@pytest.mark.security(21)
def test_nobody_searches_through_a_field_for_choosing_rows(client, superuser):
    asked = {"app_label": "admissions", "model_name": "counselor", "field_name": "user", "term": ""}

    assert client.get("/admin/autocomplete/", asked).status_code == 403
