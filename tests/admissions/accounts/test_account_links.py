"""Links by which colleagues choose a password: sent, opened, used once, and told of."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from admissions.accounts import known_browsers
from admissions.accounts.colleagues import account_links
from admissions.accounts.models import AccountLink, Session
from admissions.audit.models import AuditEvent
from admissions.messaging import delivery
from admissions.messaging.models import Message
from recovery_site.configuration.logging_config import PrivatePathFilter
from tests.support import factories
from users.models import User

from .conftest import LOGIN, NOW, TYPES, Browser, events, make_staff

LIST, FORGOTTEN, CHOOSE = "/admin/users/user/", "/admin/login/forgotten/", "/admin/login/choose/"
NEW = "a-longer-walk-in-the-sun"
BOTH = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def director(client):
    user = make_staff("director")
    client.force_login(user)
    return user


def arrived():
    """The emails that a worker sends now, in order."""
    mail.outbox.clear()
    for pk in Message.objects.due(now=NOW + timedelta(days=1)).values_list("pk", flat=True):
        delivery.deliver_message(pk)
    return mail.outbox


def link_in(letter):
    return re.search(r"/admin/login/link/\w+/", letter.body).group()


def news_of(user):
    found = Message.objects.filter(colleague=user).order_by("pk")
    return list(found.values_list("account_news", flat=True))


def invite(client, **more):
    told = {"first_name": "Nia", "last_name": "Bo", "email": "nia@example.org"}
    client.post(f"{LIST}add/", told | more)
    return User.objects.get(email=more.get("email", "nia@example.org"))


def send(user, by):
    account_links.send_link(user_id=user.pk, by=by)
    return link_in(arrived()[-1])


def test_director_invites_a_colleague_who_chooses_their_own_password(client, director, someone):
    nia = invite(client)
    [letter] = arrived()

    someone.get(link_in(letter))
    someone.post(CHOOSE, BOTH)

    assert (nia.username, nia.has_usable_password(), letter.to) == ("nia", False, [nia.email])
    assert someone.give_password(nia, NEW).url == "/admin/login/set-up/"
    assert events(about=nia) == [
        (TYPES.RECORD_ADDED, director, "", ""),
        (TYPES.LINK_SENT, director, "", "invitation"),
        (TYPES.PASSWORD_CHANGED, None, "someone", "invitation"),
    ]


def test_username_is_one_that_nobody_has(client, director):
    factories.User.objects.create(username="Nia")

    assert invite(client).username == "nia2"


def test_address_of_a_colleague_is_no_new_persons(client, director, kim):
    answer = client.post(f"{LIST}add/", {"first_name": "K", "email": kim.email.upper()})

    assert answer.context["form"].has_error("email", "taken")


def test_link_shows_no_token_and_changes_nothing_until_it_is_used(someone, kim, director):
    path = send(kim, director)

    answer = someone.get(path)
    page = someone.get(answer.url)

    assert answer.url == CHOOSE
    assert path.split("/")[-2] not in page.content.decode()
    assert page.headers["Cache-Control"].count("no-store") == 1
    assert AccountLink.objects.get().used_at is None


def test_link_is_kept_as_a_hash_alone(kim, director):
    token = send(kim, director).split("/")[-2]

    rows = [*AccountLink.objects.values(), *Message.objects.values()]
    assert len(token) == 64
    assert token not in str(rows)


def used(someone, path):
    """Whether the link still lets anyone choose a password."""
    someone.get(path)
    return someone.post(CHOOSE, BOTH).status_code == 302


@pytest.mark.security(39)
def test_link_works_once(someone, kim, director):
    path = send(kim, director)

    assert used(someone, path)
    assert not used(Browser(), path)


def test_page_that_is_open_in_two_browsers_works_once(someone, kim, director):
    path, other = send(kim, director), Browser()
    someone.get(path)
    other.get(path)
    someone.post(CHOOSE, BOTH)

    assert other.post(CHOOSE, BOTH).status_code == 404


@pytest.mark.security(39)
@pytest.mark.parametrize(("password", "hours"), [("!none", 7 * 24), ("some", 1)])
def test_link_ends_after_its_time(director, later, password, hours):
    kim = factories.make_user("coordinator")
    User.objects.filter(pk=kim.pk).update(password=password)
    path = send(kim, director)

    later(hours=hours, minutes=-1)
    before = Browser().get(path).status_code
    later(hours=hours, minutes=1)

    assert (before, Browser().get(path).status_code) == (302, 404)


def test_newer_link_voids_the_older(someone, kim, director):
    old, new = send(kim, director), send(kim, director)

    assert not used(Browser(), old)
    assert used(someone, new)


def test_database_knows_one_live_link_of_a_purpose(kim, director):
    send(kim, director)

    row = AccountLink(user=kim, purpose="password_link", sha256="x", expires_at=NOW)
    with pytest.raises(IntegrityError, match="account_link_one_is_live"), transaction.atomic():
        row.save()


def test_director_takes_a_link_back(client, director, someone, kim):
    path = send(kim, director)

    client.post(f"{LIST}{kim.pk}/link/revoke/")

    assert not used(someone, path)
    assert events(about=kim)[-1] == (TYPES.LINK_REVOKED, director, "", "")


def test_link_of_who_was_switched_off_opens_nothing(someone, kim, director):
    path = send(kim, director)
    User.objects.filter(pk=kim.pk).update(is_active=False)

    assert not used(someone, path)


def test_link_that_was_opened_before_the_switch_off_opens_nothing(someone, kim, director):
    someone.get(send(kim, director))
    User.objects.filter(pk=kim.pk).update(is_active=False)

    assert someone.post(CHOOSE, BOTH).status_code == 404


def test_weak_password_is_refused(someone, kim, director):
    someone.get(send(kim, director))

    someone.post(CHOOSE, {"new_password1": "password", "new_password2": "password"})

    kim.refresh_from_db()
    assert kim.check_password(factories.PASSWORD)


@pytest.mark.security(39)
def test_new_password_ends_every_session_and_keeps_the_second_step(someone, kim):
    old = Browser()
    old.sign_in(kim)
    someone.post(FORGOTTEN, {"name": kim.email})
    someone.get(link_in(arrived()[-1]))
    someone.post(CHOOSE, BOTH)

    assert not Session.objects.filter(user=kim).exists()
    assert someone.give_password(kim, NEW).url == "/admin/login/code/"
    assert news_of(kim) == ["password_link", "password_changed"]


def test_who_opened_the_mail_is_kept_out_by_nobody_elsewhere(someone, kim, director):
    someone.get(send(kim, director))

    answer = someone.post(CHOOSE, BOTH)

    assert known_browsers.KNOWN_BROWSER_COOKIE in answer.cookies


@pytest.mark.parametrize("name", ["nobody", "gone@example.org", "", "a" * 255])
def test_unknown_names_get_no_link(someone, name):
    make_staff("counselor", is_active=False, first_name="Gone")

    someone.post(FORGOTTEN, {"name": name})

    assert Message.objects.count() == 0


@pytest.mark.security(39)
def test_answer_is_alike_for_known_and_unknown_names(someone, kim):
    known = someone.post(FORGOTTEN, {"name": kim.username})
    unknown = someone.post(FORGOTTEN, {"name": "nobody"})

    def told(answer):
        return re.sub(r'nonce="[^"]*"', "", answer.content.decode())

    assert (known.status_code, told(known)) == (unknown.status_code, told(unknown))
    assert news_of(kim) == ["password_link"]


def test_asking_again_and_again_is_slowed_down_by_name_and_by_address(kim):
    of_one = [
        Browser(REMOTE_ADDR=f"203.0.{n}.9").post(FORGOTTEN, {"name": kim.email}).status_code
        for n in range(4)
    ]
    of_many = [Browser().post(FORGOTTEN, {"name": f"n{n}"}).status_code for n in range(11)]

    assert of_one == [200] * 3 + [429]
    assert of_many == [200] * 10 + [429]
    assert news_of(kim) == ["password_link"] * 3


def test_one_person_gets_three_links_a_day_by_whatever_name_and_nobody_is_told(kim):
    """An answer that differed would say that two names are one person's."""
    type(kim).objects.filter(pk=kim.pk).update(username="sam", email="sam@example.org")
    names = [
        "sam",
        "sam@example.org",
        "\N{LATIN SMALL LETTER LONG S}am@example.org",
        "SAM@example.org",
    ]

    answers = [Browser().post(FORGOTTEN, {"name": name}) for name in [*names, "nobody"]]

    pages = {re.sub(r'nonce="[^"]*"', "", each.content.decode()) for each in answers}
    assert ({each.status_code for each in answers}, len(pages)) == ({200}, 1)
    assert news_of(kim) == ["password_link"] * 3


def test_guessed_links_are_slowed_down_and_recorded(someone):
    tries = [someone.get(f"/admin/login/link/guess{n}/").status_code for n in range(12)]

    assert tries == [404] * 10 + [429] * 2
    assert [code for *_event, code in events()] == ["link"] * 11


def test_invitation_is_not_voided_by_a_stranger_who_asks(client, director, someone):
    nia = invite(client)
    path = link_in(arrived()[-1])
    Browser().post(FORGOTTEN, {"name": nia.email})

    assert used(someone, path)


def test_letter_that_waits_is_not_sent_once_a_newer_follows(kim, director):
    account_links.send_link(user_id=kim.pk, by=director)
    account_links.send_link(user_id=kim.pk, by=director)

    assert len(arrived()) == 1


def test_desk_shows_no_link_and_takes_no_news_back(client, director, kim):
    account_links.send_link(user_id=kim.pk, by=director)
    message = Message.objects.get()
    page = f"/admin/admissions/message/{message.pk}/"

    shown = client.get(f"{page}change/").content.decode()
    frame = client.get(re.search(r'src="(/admin/[^"]+)"', shown).group(1))
    client.post(f"{page}take-back/")
    client.post(f"{page}resend/", {"because": "lost", "copy": 1})

    assert frame.status_code == 200
    assert "/login/link/" not in frame.content.decode()
    assert [each.state for each in Message.objects.all()] == [Message.State.QUEUED]


def test_news_of_accounts_is_not_for_the_whole_desk(client, kim, director):
    account_links.send_link(user_id=kim.pk, by=director)
    client.force_login(kim)

    page = client.get(f"/admin/admissions/message/{Message.objects.get().pk}/change/")

    assert page.status_code == 302


def test_log_holds_no_token(someone, caplog, kim, director):
    caplog.set_level("INFO")
    for _time in range(11):
        someone.get("/admin/login/link/secret-of-a-link/")

    lines = [record for record in caplog.records if PrivatePathFilter().filter(record)]
    assert [each for each in lines if "secret-of-a-link" in each.getMessage()] == []
    assert [each for each in lines if "/admin/login/link/***" in each.getMessage()]


def test_sign_in_page_leads_to_the_link(someone):
    assert FORGOTTEN in someone.get(LOGIN).content.decode()


def test_role_beyond_ones_own_waits_though_the_colleague_is_new(client, director):
    nia = invite(client, groups=[factories.Group.objects.get(name="clinician").pk])

    assert nia.groups.count() == 0
    assert AuditEvent.objects.filter(staff=nia, type=TYPES.CHANGE_ASKED).count() == 1
