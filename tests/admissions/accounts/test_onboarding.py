"""A colleague who begins: one page for everything, and the list of what is still missing."""

from datetime import date, time

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.utils import timezone

from admissions.accounts.colleagues import onboarding, readiness
from admissions.accounts.colleagues.readiness import Step
from admissions.accounts.models import AccountChange, AccountLink
from admissions.audit.models import AuditEvent
from admissions.care.models import StaffCredential
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import Counselor, WeeklyHours
from programs.models import Location
from tests.support import factories, rivals
from users.models import User

from .conftest import make_staff

ADD = "/admin/users/user/add/"


@pytest.fixture
def director(client):
    user = make_staff("director")
    client.force_login(user)
    return user


def typed(**more):
    """What the page sends for a counselor with a usual week."""
    told = {
        "first_name": "Nia",
        "last_name": "Bo",
        "email": "nia@example.org",
        "groups": [Group.objects.get(name="counselor").pk],
        "hours": "weekdays",
        "languages": ["en", "es"],
        "modes": ["phone"],
        "location": Location.objects.open()[0].pk,
        "credential_title": "LAADC",
        "credential_number": "7",
        "credential_expires_on": "2028-01-31",
    }
    return told | more


def add(client, **more):
    return client.post(ADD, typed(**more))


def find_nia():
    return User.objects.get(email="nia@example.org")


def test_one_page_adds_all_that_it_takes(client, director):
    answer = add(client)

    nia = find_nia()
    assert answer.url == f"/admin/users/user/{nia.pk}/change/"
    assert nia.counselor.languages == ["en", "es"]
    hours = nia.counselor.weekly_hours.values_list("weekday", "opens", "closes")
    assert list(hours) == [(day, time(9), time(17)) for day in range(5)]
    assert nia.credentials.get().expires_on == date(2028, 1, 31)
    assert AccountLink.objects.get(user=nia).purpose == "invitation"
    recorded = AuditEvent.objects.filter(actor=director, type="record_added")
    assert set(recorded.values_list("object_type", flat=True)) == {
        "user",
        "counselor",
        "staffcredential",
    }


def test_role_of_the_new_one_waits_for_a_second_person(client, director):
    add(client)

    assert AccountChange.objects.get(user=find_nia()).roles == ["counselor"]
    assert find_nia().groups.count() == 0


def test_nobody_is_booked_before_the_list_is_done(client, director):
    add(client)

    assert not find_nia().counselor.is_taking_consultations


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"modes": ["video"]}, "meeting_link"),
        ({"languages": []}, "languages"),
        ({"credential_number": ""}, "credential_number"),
        ({"credential_expires_on": "2020-01-01"}, "credential_expires_on"),
    ],
)
def test_error_adds_nothing_and_loses_nothing(client, director, wrong, field):
    answer = add(client, **wrong)

    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert 'value="nia@example.org"' in answer.content.decode()
    assert not User.objects.filter(email="nia@example.org").exists()


def test_sending_twice_leads_to_the_one_account(client, director):
    first = add(client)
    second = add(client)

    assert first.url == second.url
    assert User.objects.filter(email="nia@example.org").count() == 1
    assert AccountLink.objects.count() == 1


def test_another_persons_colleague_is_named_as_taken(client, director):
    add(client)
    client.force_login(make_staff("director"))

    answer = add(client)

    assert answer.context["form"].has_error("email", "taken")


def test_hours_like_a_colleagues_leave_out_what_the_new_one_does_not_take(client, director):
    dana = factories.make_counselor(days=[1, 3])
    dana.weekly_hours.filter(weekday=3).update(modes=["in_person"])
    WeeklyHours.objects.create(
        counselor=dana, weekday=4, opens=time(9), closes=time(10), valid_until=date(2026, 1, 1)
    )

    add(client, hours=f"like-{dana.pk}")

    assert [each.weekday for each in find_nia().counselor.weekly_hours.all()] == [1]


def test_who_holds_no_consultations_is_no_counselor(client, director):
    add(client, hours="")

    assert not Counselor.objects.exists()


def told(**more):
    place = Location.objects.open()[0]
    talks = onboarding.Consultations("weekdays", ("en",), ("phone",), place)
    return onboarding.NewColleague("Nia", "", "nia@example.org", ("counselor",), talks, **more)


def test_service_refuses_whoever_keeps_no_accounts():
    with pytest.raises(ActionNotAllowed):
        onboarding.add_colleague(by=factories.make_user("coordinator"), told=told())

    assert not User.objects.filter(email="nia@example.org").exists()


@pytest.mark.usefixtures("real_commits")
def test_of_two_sent_at_once_one_is_an_account():
    by = factories.make_user("director")

    answers = rivals.at_once([lambda: onboarding.add_colleague(by=by, told=told())] * 2)

    assert rivals.outcomes(answers) == {"tuple": 1, "EmailTaken": 1}
    assert User.objects.filter(email="nia@example.org").count() == 1


@pytest.mark.usefixtures("real_commits")
def test_what_fails_late_leaves_no_account():
    by, place = factories.make_user("director"), Location.objects.open()[0]
    talks = onboarding.Consultations("weekdays", ("en",), ("video",), place)

    with pytest.raises(IntegrityError):
        onboarding.add_colleague(
            by=by, told=onboarding.NewColleague("Nia", "", "nia@example.org", (), talks)
        )

    assert not User.objects.filter(email="nia@example.org").exists()


@pytest.fixture
def ready(db):
    """A counselor of whom all is done but the last step."""
    user = make_staff("counselor", last_login=timezone.now())
    factories.make_factor(user)
    factories.make_counselor(user=user, is_taking_consultations=False)
    StaffCredential.objects.create(
        user=user, title="LAADC", number="1", expires_on=date(2030, 1, 1)
    )
    return user


def missing(user):
    return [each.step for each in readiness.check_steps(user) if not each.is_done]


def test_list_of_a_new_colleague_says_what_is_missing(client, director):
    answer = client.get(add(client).url)

    assert missing(find_nia()) == [Step.ROLE, Step.SIGNED_IN, Step.SECOND_FACTOR, Step.TAKING]
    assert [line.is_done for line in answer.context["bookable"].lines].count(False) == 4


def test_director_lets_requesters_book_when_all_is_done(client, director, ready):
    client.post(f"/admin/users/user/{ready.pk}/start/")

    assert missing(ready) == []
    assert AuditEvent.objects.filter(fields=["is_taking_consultations"]).count() == 1


BEFORE = {
    Step.LET_IN: lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    Step.ROLE: lambda user: user.groups.clear(),
    Step.SIGNED_IN: lambda user: User.objects.filter(pk=user.pk).update(last_login=None),
    Step.SECOND_FACTOR: lambda user: user.authenticator_set.all().delete(),
    Step.HOURS: lambda user: user.counselor.weekly_hours.all().delete(),
}


@pytest.mark.parametrize("step", BEFORE)
def test_nobody_starts_while_a_step_is_missing(client, director, ready, step):
    BEFORE[step](ready)

    client.post(f"/admin/users/user/{ready.pk}/start/")

    assert missing(User.objects.get(pk=ready.pk)) == [step, Step.TAKING]


def test_credential_that_is_over_keeps_nobody_from_talking(ready):
    ready.credentials.update(expires_on=date(2026, 1, 1))

    readiness.start_consultations(user_id=ready.pk, by=factories.make_user("director"))

    assert missing(ready) == [Step.CREDENTIAL]
