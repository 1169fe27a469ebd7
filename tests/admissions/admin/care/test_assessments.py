"""The pages of assessment and recommendation: what they keep, and whom they tell what."""

import itertools
from datetime import date

import pytest

from admissions.audit.models import AuditEvent
from admissions.care import rules
from admissions.care.models import Acknowledgment, Assessment, Recommendation, Referral
from tests.support import factories
from tests.support.care import (
    CANARY,
    acknowledge,
    advice,
    assess,
    level,
    make_signing,
    make_talked,
    recommend,
)
from tests.support.desk import LIST, NOW, page_of, step_of

pytestmark = pytest.mark.django_db
Type = AuditEvent.Type
CARE = "/admin/admissions/assessment/"


@pytest.fixture
def dana(client):
    """A counselor with a credential, signed in."""
    user = make_signing(first_name="Dana", last_name="Reyes")
    client.force_login(user)
    return user


@pytest.fixture
def sam():
    return make_signing(first_name="Sam", last_name="Ortiz")


def care_of(request, address="") -> str:
    return f"{CARE}{request.pk}/{address}"


def typed(seen=0, *, note="", **columns) -> dict:
    """All that the form of an assessment sends, with concern high in the fourth dimension."""
    fields = {"seen": seen}
    for number in range(1, 7):
        fields |= {f"concern_{number}": "none", f"source_{number}": "self", f"note_{number}": note}
    return fields | {"concern_4": "high"} | columns


def looks(request) -> int:
    return request.audit_events.filter(type=Type.ASSESSMENT_SEEN).count()


def acts(request) -> list[str]:
    return list(
        request.audit_events.exclude(type__in=[Type.ASSESSMENT_SEEN, Type.REQUEST_VIEWED])
        .values_list("type", flat=True)
    )  # fmt: skip


# Recording


def test_assessment_is_recorded_and_shown(client, dana):
    request = make_talked()

    response = client.post(care_of(request), typed(note="Line one\nLine two"))
    page = client.get(care_of(request)).content.decode()

    assert (response.url, acts(request)) == (care_of(request), [Type.ASSESSMENT_RECORDED])
    assert Assessment.objects.get().findings.get(dimension=4).note == "Line one\nLine two"
    assert "Version 1" in page
    assert "Dana R., LAADC" in page


def test_each_look_is_written_down_once(client, dana):
    request = make_talked()

    client.get(care_of(request))
    client.get(care_of(request, "recommendation/"))
    client.post(care_of(request), typed(concern_1=""))

    assert looks(request) == 3
    assert request.audit_events.count() == 3


def test_what_was_typed_survives_an_error(client, dana):
    request = make_talked()

    response = client.post(care_of(request), typed(note=CANARY, concern_5=""))

    form = response.context["form"]
    assert (list(form.errors), form["note_2"].value()) == (["concern_5"], CANARY)
    assert Assessment.objects.count() == 0


def test_who_saves_second_is_told_and_loses_nothing(client, dana, sam):
    request = make_talked()
    assess(request, dana)
    assess(request, sam, based_on=1, d2="moderate", note="Sam heard this")

    stale = client.post(care_of(request), typed(1, note=CANARY, because="They called"))
    again = typed(stale.context["form"]["seen"].value(), note=CANARY, because="They called")
    page = stale.content.decode()

    assert stale.context["form"].is_stale
    assert page.count(CANARY) == 6
    assert "Sam heard this" in page
    assert Assessment.objects.count() == 2
    client.post(care_of(request), again)
    assert request.assessments.get(version=3).by == dana


def test_first_assessment_that_a_colleague_was_quicker_with_asks_why(client, dana, sam):
    request = make_talked()
    assess(request, sam)

    form = client.post(care_of(request), typed(0, note=CANARY)).context["form"]

    assert sorted(form.errors) == ["__all__", "because"]
    assert (form["note_1"].value(), form["seen"].value()) == (CANARY, 1)


def test_mind_in_danger_says_so_at_once(client, dana):
    request = make_talked()

    response = client.post(care_of(request), typed(concern_3="needs_clinician"), follow=True)

    said = [str(each) for each in response.context["messages"]]
    assert "988" in said[-1]
    assert "911" in said[-1]
    assert response.context["needs_help_now"]
    assert "A clinician must look at this" in client.get(page_of(request)).content.decode()


def test_loved_one_is_assessed_once_they_agree_themselves(client, dana):
    request = make_talked(for_whom="loved_one")

    form = client.post(care_of(request), typed()).context["form"]
    client.post(care_of(request), typed(has_agreed="on"))

    assert list(form.errors) == ["has_agreed"]
    assert Assessment.objects.get().has_agreed


def test_clinician_acknowledges_on_the_page(client):
    maya, request = make_signing("clinician"), make_talked()
    assess(request, maya, d1="high")
    client.force_login(maya)

    empty = client.post(care_of(request, "acknowledge/"), {"seen": 1, "action": ""})
    client.post(care_of(request, "acknowledge/"), {"seen": 1, "action": "Doctor at three"})

    assert list(empty.context["acknowledge"].errors) == ["action"]
    assert Acknowledgment.objects.get().action == "Doctor at three"


def test_counselor_is_not_offered_to_acknowledge(client, dana):
    request = make_talked()
    assess(request, dana, d1="high")

    response = client.post(care_of(request, "acknowledge/"), {"seen": 1, "action": "Fine"})

    assert client.get(care_of(request)).context["acknowledge"] is None
    assert (response.status_code, Acknowledgment.objects.count()) == (403, 0)


# Recommending


def choice(code) -> int:
    return level(code).pk


def test_recommendation_is_saved_and_leads_to_admission(client, dana):
    request = make_talked()
    assess(request, dana)
    address = care_of(request, "recommendation/")

    client.post(address, {
        "seen": 0, "assessment": 1, "recommended_level": choice("3.5"), "rationale": "No safe home",
        "agreed_level": choice("2.1"), "reason_if_different": "payer", "is_step_down": "on",
    })  # fmt: skip
    client.post(step_of(request, "begin"), {"on": ""})
    admit = client.get(page_of(request)).context["forms"]["admit"]
    client.post(step_of(request, "admit"), {"disposition": admit["disposition"].value()})

    request.refresh_from_db()
    assert (request.stage, request.disposition) == ("closed", "admitted_iop_step_down")
    assert acts(request) == [
        Type.ASSESSMENT_RECORDED, Type.CARE_RECOMMENDED, Type.ADMISSION_PREPARED,
        Type.REQUEST_CLOSED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"recommended_level": ""}, ["recommended_level"]),
        ({"rationale": " "}, ["rationale"]),
        ({"recommended": "3.5"}, ["reason_if_different"]),
        ({"recommended": "3.5", "agreed": "3.5", "is_step_down": "on"}, ["is_step_down"]),
    ],
)
def test_recommendation_that_is_not_whole_comes_back_as_typed(client, dana, changed, wrong):
    request = make_talked()
    assess(request, dana)
    codes = {
        "recommended": changed.pop("recommended", "2.1"),
        "agreed": changed.pop("agreed", "2.1"),
    }
    sent = {f"{name}_level": choice(code) for name, code in codes.items()}
    sent |= {"seen": 0, "assessment": 1, "rationale": "So", "immediate_action": CANARY} | changed

    form = client.post(care_of(request, "recommendation/"), sent).context["form"]

    assert (list(form.errors), form["immediate_action"].value()) == (wrong, CANARY)
    assert Recommendation.objects.count() == 0


def test_no_page_suggests_a_level_whatever_was_found(client, dana):
    """The form of a first recommendation is the same for every finding, and chooses nothing."""
    shown = set()
    for concern, dimension in itertools.product(["none", "needs_clinician"], ["d1", "d4", "d6"]):
        request = make_talked()
        assess(request, dana, **{dimension: concern})
        form = client.get(care_of(request, "recommendation/")).context["form"]
        levels = form["recommended_level"], form["agreed_level"]
        assert [each.value() for each in levels] == [None, None]
        shown.add("".join(map(str, levels)))

    assert len(shown) == 1
    assert "selected" in shown.pop().split("</option>")[0]


def test_without_a_credential_the_form_says_what_is_missing(client):
    client.force_login(factories.make_user("counselor"))
    request = make_talked()
    assess(request, make_signing())

    page = client.get(care_of(request, "recommendation/")).content.decode()

    assert "you need a credential" in page
    assert "Save the recommendation" not in page


# Who sees what


@pytest.fixture
def told():
    """A request with every text of care in it, each with the canary."""
    dana, request = make_signing(), make_talked()
    assess(request, dana, d1="high", note=CANARY)
    acknowledge(request, make_signing("clinician"), action=CANARY)
    recommend(request, dana, advice(rationale=CANARY, immediate_action=CANARY))
    Referral.objects.create(request=request, to_whom="County line", made_by=dana, note=CANARY)
    return request


ADDRESSES = ["", "recommendation/"]


@pytest.mark.parametrize("role", ["counselor", "clinician"])
def test_who_assesses_reads_the_texts(client, told, role):
    client.force_login(factories.make_user(role))

    pages = [client.get(care_of(told, address)).content.decode() for address in ADDRESSES]

    # The form to amend holds them too, for those who sign; these have no credential.
    assert [page.count(CANARY) for page in pages] == [13, 3]


@pytest.mark.parametrize("role", ["coordinator", "director"])
@pytest.mark.security(23)
def test_who_only_works_on_requests_sees_the_level_and_no_text(client, told, role):
    client.force_login(factories.make_user(role))

    pages = {
        address: client.get(address).content.decode()
        for address in (page_of(told), LIST, LIST + "?show=open", "/admin/")
    }
    closed = [client.get(care_of(told, address)).status_code for address in ADDRESSES]

    assert {address: page.count("CANARY") for address, page in pages.items()} == dict.fromkeys(
        pages, 0
    )
    assert "2.1 Intensive Outpatient (IOP) agreed" in pages[page_of(told)]
    assert (closed, looks(told)) == ([403, 403], 0)


@pytest.mark.parametrize("role", ["VOB", "auditor", "content editor", None])
def test_nobody_else_comes_near(client, told, role):
    client.force_login(factories.make_user(role))

    answers = [
        client.get(care_of(told)).status_code,
        client.get(care_of(told, "recommendation/")).status_code,
        client.post(care_of(told), typed(1)).status_code,
        client.post(care_of(told, "acknowledge/"), {}).status_code,
        client.post(care_of(told, "refer/"), {}).status_code,
        client.post(step_of(told, "begin"), {}).status_code,
        client.post(step_of(told, "confirm_handover"), {}).status_code,
    ]

    assert (set(answers), looks(told)) == ({403}, 0)


def test_texts_stay_out_of_the_audit(told):
    rows = AuditEvent.objects.values_list("code", "fields")

    assert "CANARY" not in str(list(rows))


# Elsewhere


def test_coordinator_refers_and_confirms_on_the_request_page(client, coordinator):
    request = make_talked()

    client.post(step_of(request, "refer"), {"to_whom": "OC Links", "level": choice("3.7")})
    client.post(step_of(request, "close"), {"disposition": "referred_out", "reason": "medi_cal"})
    page = client.get(page_of(request)).content.decode()
    [referral] = request.referrals.all()
    client.post(step_of(request, "confirm_handover"), {"referral_id": referral.pk})

    referral.refresh_from_db()
    assert "They are in touch there" in page
    assert referral.confirmed_by == coordinator
    assert acts(request) == [Type.REFERRAL_MADE, Type.REQUEST_CLOSED, Type.REFERRAL_CONFIRMED]


def test_note_of_a_referral_is_typed_where_assessments_are_read(client, dana):
    request = make_talked()

    client.post(care_of(request, "refer/"), {"to_whom": "OC Links", "note": CANARY})

    assert [each.note for each in request.referrals.all()] == [CANARY]


def test_closed_request_shows_and_changes_nothing(client, dana):
    request = make_talked()
    assess(request, dana)
    type(request).objects.filter(pk=request.pk).update(
        stage="closed", closed_at=NOW, due_at=None, disposition="withdrawn"
    )

    page = client.get(care_of(request))
    client.post(care_of(request), typed(1, because="Late"))

    assert page.context["form"] is None
    assert Assessment.objects.count() == 1


# Credentials of staff

CREDENTIALS = "/admin/admissions/staffcredential/"


def test_director_enters_a_credential_and_the_counselor_may_sign(client, director):
    dana = factories.make_user("counselor", first_name="Dana")

    client.post(CREDENTIALS + "add/", {
        "user": dana.pk, "title": "LAADC", "number": "77", "issuer": "", "expires_on": "2027-01-31",
    })  # fmt: skip

    assert rules.credential_of(dana).title == "LAADC"
    assert AuditEvent.objects.filter(type=Type.RECORD_ADDED, actor=director).count() == 1


def test_director_renews_a_credential_and_changes_nothing_else(client, director):
    dana = make_signing()
    [credential] = dana.credentials.all()

    client.post(f"{CREDENTIALS}{credential.pk}/change/", {
        "user": director.pk, "title": "MD", "number": "1", "issuer": "", "expires_on": "2029-01-31",
    })  # fmt: skip

    credential.refresh_from_db()
    assert (credential.user, credential.title, credential.expires_on.year) == (dana, "LAADC", 2029)


@pytest.mark.parametrize(
    ("until", "warning"),
    [
        (date(2027, 2, 23), ""),
        (date(2027, 2, 22), "⚠ 90 days left"),
        (date(2026, 11, 25), "⚠ 1 day left"),
        (date(2026, 11, 23), "⚠ Expired"),
    ],
)
def test_list_of_credentials_warns_in_time(client, director, until, warning):
    make_signing(until=until)

    page = client.get(CREDENTIALS).content.decode()

    assert ("⚠" in page) == bool(warning)
    assert warning in page
