"""What one person may not do alone: asked by one director, decided by another."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from admissions.accounts.colleagues import account_changes, account_links
from admissions.accounts.colleagues.account_changes import Kind, Wanted
from admissions.accounts.models import AccountChange
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.messaging.models import Message
from tests.support import factories, rivals

from .conftest import NOW, TYPES, events, make_staff
from .test_user_management import LIST, form, names_of, page_of

CHANGES = f"{LIST}changes/"
CLINICIAN = Wanted(Kind.ACCESS, ("clinician",))


@pytest.fixture
def director(client):
    user = make_staff("director")
    client.force_login(user)
    return user


@pytest.fixture
def second():
    return make_staff("director")


def ask(user, by, wanted=CLINICIAN):
    return account_changes.ask(user_id=user.pk, by=by, wanted=wanted)


def approve(change, by):
    return account_changes.approve(change_id=change.pk, by=by)


def news_of(user):
    return list(Message.objects.filter(colleague=user).values_list("account_news", flat=True))


def test_role_beyond_ones_own_waits_for_a_second_person(client, director, kim, second):
    client.post(page_of(kim), form(kim, "coordinator", "clinician", first_name="Kim"))

    [change] = AccountChange.objects.waiting(now=NOW)
    assert (change.roles, names_of(kim)) == (["clinician"], ["coordinator"])
    assert events() == [(TYPES.CHANGE_ASKED, director, "", "access")]
    assert (news_of(second), news_of(kim)) == (["approval_asked"], ["change_asked"])


def test_second_director_approves(client, director, kim, second):
    change = ask(kim, director)
    client.force_login(second)

    client.post(f"{CHANGES}{change.pk}/", {"answer": "approve"})

    change.refresh_from_db()
    assert (change.outcome, change.decided_by) == ("approved", second)
    assert names_of(kim) == ["clinician", "coordinator"]
    event = AuditEvent.objects.get(type=TYPES.ROLE_CHANGED)
    assert (event.actor, event.staff, event.detail["asked_by"]) == (second, kim, director.pk)
    assert news_of(kim) == ["change_asked", "access_changed"]


def test_second_director_declines(client, director, kim, second):
    change = ask(kim, director)
    client.force_login(second)

    client.post(f"{CHANGES}{change.pk}/", {"answer": "decline"})

    change.refresh_from_db()
    assert (change.outcome, names_of(kim)) == ("declined", ["coordinator"])
    assert events()[-1] == (TYPES.CHANGE_DECLINED, second, "", "access")


def test_asker_does_not_decide(client, director, kim):
    change = ask(kim, director)

    page = client.get(CHANGES).content.decode()
    client.post(f"{CHANGES}{change.pk}/", {"answer": "approve"})

    assert "Someone else has to decide this." in page
    assert names_of(kim) == ["coordinator"]


def test_subject_does_not_decide(director, second):
    change = ask(second, director)

    with pytest.raises(ActionNotAllowed):
        approve(change, second)
    assert names_of(second) == ["director"]


@pytest.mark.parametrize("who", ["asked_by", "user"])
def test_database_refuses_that_one_of_the_two_decides(director, kim, who):
    change = ask(kim, director)
    change.outcome, change.decided_at = "approved", NOW
    change.decided_by = getattr(change, who)

    with pytest.raises(IntegrityError, match="takes_a_second_person"), transaction.atomic():
        change.save()


def test_nobody_asks_for_themselves(director):
    with pytest.raises(ActionNotAllowed):
        ask(director, director)


@pytest.mark.parametrize("role", ["coordinator", "counselor", "clinician", "auditor"])
def test_others_neither_ask_nor_decide(director, kim, role):
    other, change = make_staff(role), ask(kim, director)

    for step in (lambda: ask(kim, other), lambda: approve(change, other)):
        with pytest.raises(ActionNotAllowed):
            step()
    assert names_of(kim) == ["coordinator"]


def test_change_is_over_after_two_days(director, kim, second, later):
    change = ask(kim, director)
    later(hours=48, seconds=1)

    with pytest.raises(ActionNotAllowed):
        approve(change, second)
    assert names_of(kim) == ["coordinator"]


def test_what_is_asked_anew_takes_the_place_of_the_older(director, kim, second):
    older = ask(kim, director)
    ask(kim, director, Wanted(Kind.ACCESS, ("VOB",)))

    with pytest.raises(ActionNotAllowed):
        approve(older, second)


@pytest.mark.parametrize("lost", ["role", "account"])
def test_asker_who_lost_the_right_meanwhile_gives_nothing(director, kim, second, lost):
    change = ask(kim, director)
    if lost == "role":
        director.groups.clear()
    else:
        type(director).objects.filter(pk=director.pk).update(is_active=False)

    with pytest.raises(ActionNotAllowed):
        approve(change, second)
    assert names_of(kim) == ["coordinator"]


def test_director_approves_no_superuser(client, kim, second):
    boss = make_staff(None, is_superuser=True)
    change = ask(kim, boss, Wanted(Kind.ACCESS, makes_superuser=True))

    with pytest.raises(ActionNotAllowed):
        approve(change, second)
    with pytest.raises(ActionNotAllowed):
        ask(kim, second, Wanted(Kind.ACCESS, makes_superuser=True))


def test_superuser_makes_neither_superuser_nor_director_alone(client, kim):
    client.force_login(make_staff(None, is_superuser=True))

    client.post(page_of(kim), form(kim, "director", "auditor", is_superuser="on"))

    kim.refresh_from_db()
    change = AccountChange.objects.get()
    assert (change.roles, change.makes_superuser) == (["director"], True)
    assert (names_of(kim), kim.is_superuser) == (["auditor"], False)


def test_taking_a_role_away_takes_one_person(client, director):
    user = make_staff("clinician")

    client.post(page_of(user), form(user))

    assert (names_of(user), AccountChange.objects.count()) == ([], 0)
    assert news_of(user) == ["access_changed"]


def test_switching_off_takes_one_person_and_is_told(client, director, kim):
    told = form(kim, "coordinator", first_name="Kim")
    del told["is_active"]

    client.post(page_of(kim), told)

    assert news_of(kim) == ["switched_off"]


def test_clinician_who_left_is_let_in_again_by_two(client, director, second):
    user = make_staff("clinician", is_active=False)

    client.post(page_of(user), form(user, "clinician"))
    user.refresh_from_db()
    was_active = user.is_active
    approve(AccountChange.objects.get(lets_in_again=True), second)

    user.refresh_from_db()
    assert (was_active, user.is_active) == (False, True)


def test_coordinator_who_left_is_let_in_again_by_one(client, director):
    user = make_staff("coordinator", is_active=False)

    client.post(page_of(user), form(user, "coordinator"))

    user.refresh_from_db()
    assert user.is_active


def test_second_step_is_removed_by_two(client, director, kim, second):
    theirs = factories.StaffClient()
    theirs.force_login(kim)
    client.post(page_of(kim, "factor"))
    before = Authenticator.objects.filter(user=kim).count()

    approve(AccountChange.objects.get(), second)

    assert (before, Authenticator.objects.filter(user=kim).count()) == (1, 0)
    assert theirs.get("/admin/").status_code == 302
    assert events()[-1] == (TYPES.FACTOR_REMOVED, second, "", "")
    assert news_of(kim) == ["change_asked", "factor_removed"]


def test_email_of_a_colleague_is_changed_by_two_and_told_at_both(client, director, kim, second):
    old = kim.email
    account_links.send_link(user_id=kim.pk, by=director)
    client.post(page_of(kim), form(kim, "coordinator", first_name="Kim", email="k@example.org"))
    kim.refresh_from_db()
    before = kim.email

    approve(AccountChange.objects.get(), second)

    kim.refresh_from_db()
    assert (before, kim.email) == (old, "k@example.org")
    told = Message.objects.filter(colleague=kim, account_news="email_changed")
    assert sorted(told.values_list("address", flat=True)) == ["", old]
    assert not account_links.find_live_links().exists()


KELVIN = "\N{KELVIN SIGN}im@example.org"


@pytest.mark.security(27)
def test_letter_that_looks_alike_is_no_way_past_the_second_person(client, director):
    kim = make_staff("coordinator")
    type(kim).objects.filter(pk=kim.pk).update(email="kim@example.org")

    answer = client.post(page_of(kim), form(kim, "coordinator", email=KELVIN))
    kim.email = KELVIN
    _roles, wanted = account_changes.hold_back(by=director, user=kim, groups={"coordinator"})

    assert "email" in answer.context["adminform"].form.errors
    assert wanted == [Wanted(Kind.EMAIL, email=KELVIN)]
    assert kim.email == "kim@example.org"


def test_other_case_of_an_address_takes_one_person(client, director, kim):
    email = kim.email.capitalize()

    client.post(page_of(kim), form(kim, "coordinator", email=email))

    kim.refresh_from_db()
    assert (kim.email, AccountChange.objects.count()) == (email, 0)


@pytest.mark.parametrize("whose", ["one's own", "a colleague's"])
def test_address_of_a_colleague_or_none_is_refused(client, director, kim, second, whose):
    user, role = (director, "director") if whose == "one's own" else (kim, "coordinator")

    for email in (second.email.upper(), ""):
        answer = client.post(page_of(user), form(user, role, email=email))
        assert [*answer.context["adminform"].form.errors] == ["email"]

    assert not AccountChange.objects.exists()
    assert type(user).objects.get(pk=user.pk).email == user.email


def test_own_email_is_changed_alone_and_told_at_both(client, director):
    old = director.email

    client.post(page_of(director), form(director, email="mine@example.org"))

    director.refresh_from_db()
    told = Message.objects.filter(colleague=director, account_news="email_changed")
    assert director.email == "mine@example.org"
    assert sorted(told.values_list("address", flat=True)) == ["", old]


def test_audit_names_only_what_has_changed_at_once(client, director, kim):
    client.post(page_of(kim), form(kim, "coordinator", first_name="K", email="k@example.org"))

    assert AuditEvent.objects.get(type=TYPES.RECORD_CHANGED).fields == ["first_name"]


def test_director_who_takes_over_an_account_alone_gets_nowhere(client, director):
    """The hole that this closes: password, factor and address of a clinician by one person."""
    clinician = make_staff("clinician")
    factories.make_factor(clinician)

    client.post(page_of(clinician), form(clinician, "clinician", email="d@example.org"))
    client.post(page_of(clinician, "factor"))
    client.post(page_of(clinician, "link"))

    clinician.refresh_from_db()
    [link] = Message.objects.filter(account_news="password_link")
    assert (link.address, link.colleague.email) == ("", clinician.email)
    assert clinician.email != "d@example.org"
    assert Authenticator.objects.filter(user=clinician).count() == 1


def test_operator_is_the_second_person_of_a_lone_director(director, kim):
    change, shown = ask(kim, director), StringIO()

    call_command("approve_account_change", stdout=shown)
    call_command("approve_account_change", change.pk, stdout=StringIO())

    assert f"{change.pk}: access clinician for {kim.username}" in shown.getvalue()
    assert names_of(kim) == ["clinician", "coordinator"]
    assert events()[-1] == (TYPES.ROLE_CHANGED, None, "system", "access")


def test_operator_approves_nothing_twice(director, kim):
    change = ask(kim, director)
    call_command("approve_account_change", change.pk, stdout=StringIO())

    with pytest.raises(CommandError):
        call_command("approve_account_change", change.pk)


def test_page_of_a_colleague_shows_what_waits(client, director, kim):
    ask(kim, director, Wanted(Kind.EMAIL, email="k@example.org"))

    page = client.get(page_of(kim)).content.decode()

    assert "Waits for a second person:" in page
    assert "k@example.org" in page


@pytest.mark.usefixtures("real_commits")
def test_of_two_who_approve_at_once_one_applies():
    asker, user = make_staff("director"), make_staff("coordinator")
    deciders = [make_staff("director") for _number in range(4)]
    change = ask(user, asker)

    outcomes = rivals.at_once([lambda by=by: approve(change, by) for by in deciders])

    refused = [each for each in outcomes if isinstance(each, ActionNotAllowed)]
    assert (len(refused), AuditEvent.objects.filter(type=TYPES.ROLE_CHANGED).count()) == (3, 1)
    assert Group.objects.get(name="clinician").user_set.count() == 1
