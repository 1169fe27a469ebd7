"""How staff come in, and what becomes of their work when a session ends, in a real browser."""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from .conftest import PASSWORD
from .test_staff import faults_of, sign_in, type_code

LIST = "/admin/admissions/consultationrequest/"


def give_password(page, username):
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def end_in(site, seconds, username):
    """The sessions of someone have so long to go."""
    site.ask(
        "UPDATE accounts_session SET expire_date = now() + make_interval(secs => %s)"
        " WHERE user_id = (SELECT id FROM users_user WHERE username = %s)",
        seconds,
        username,
    )


def come_back(page):
    """As a tab does that was hidden for a while."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_first_sign_in_sets_up_an_app(visit, site):
    site.ask(
        "DELETE FROM mfa_authenticator"
        " USING users_user u WHERE u.id = user_id AND username = 'noor'"
    )
    page = visit(viewport={"width": 390, "height": 844})
    page.goto("/admin/")
    faults = faults_of(page)
    give_password(page, "noor")

    expect(page.get_by_role("heading", name="Set up your second step")).to_be_visible()
    faults += faults_of(page)
    page.get_by_text("Or type this key").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Go on").click()

    expect(page.locator(".recovery code")).to_have_count(10)
    faults += faults_of(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Sign-in and security").click()
    expect(page.get_by_text("10 are left.")).to_be_visible()
    assert faults + faults_of(page) == []


def add_device(page):
    """A device beside the browser that holds passkeys, and finds its owner there each time."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})


def test_passkey_is_added_opens_the_desk_and_is_removed(visit, site):
    """At a name of this machine, since no browser binds a passkey to a number."""
    named = site.url.replace("127.0.0.1", "localhost")
    page = visit(viewport={"width": 1366, "height": 768}, base_url=named)
    add_device(page)
    sign_in(page, "rosa")
    page.goto("/admin/security/")
    page.get_by_role("link", name="Add one").click()
    faults = faults_of(page)
    page.get_by_label("A name for it").fill("My laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("From now on your passkey signs you in.")).to_be_visible()
    faults += faults_of(page)

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    page.goto("/admin/security/")
    page.get_by_role("button", name="Remove My laptop").click()
    expect(page.get_by_text("That passkey opens nothing any more.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/admin/login/")
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_text("That passkey did not work.")).to_be_visible()
    assert faults == []


def test_passkey_stands_in_for_the_code_and_confirms_again(visit, site):
    named = site.url.replace("127.0.0.1", "localhost")
    page = visit(viewport={"width": 360, "height": 740}, base_url=named)
    add_device(page)
    sign_in(page, "ivo")
    page.goto("/admin/security/passkeys/add/")
    page.get_by_label("A name for it").fill("Blue key")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Blue key")).to_be_visible()

    page.goto("/admin/confirm/passkey/?next=/admin/security/app/")
    faults = faults_of(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Use another app")).to_be_visible()

    page.goto("/admin/security/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/admin/")
    give_password(page, "ivo")
    # Until its next code comes, the page of the demo loads itself anew.
    expect(page.get_by_text("Demo: your code is")).to_be_visible(timeout=40_000)
    faults += faults_of(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    assert faults == []


def test_sign_in_needs_no_script(visit):
    page = visit(java_script_enabled=False)
    sign_in(page, "ada")

    page.goto("/admin/security/passkeys/add/")

    expect(page.get_by_text("This browser has no passkeys")).to_be_visible()
    expect(page.get_by_role("button", name="Add the passkey")).to_have_count(0)


def test_session_warns_before_its_end_and_is_kept_by_a_click(visit, site):
    page = visit(viewport={"width": 1366, "height": 768})
    sign_in(page, "lee")
    page.goto("/admin/security/")
    end_in(site, 100, "lee")
    come_back(page)

    expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    faults = faults_of(page)
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Sign-in and security")).to_be_visible()
    assert faults == []


@pytest.mark.security(32, 70)
def test_page_of_an_ended_session_shows_nothing_any_more(visit, site):
    page = visit(viewport={"width": 1366, "height": 768})
    sign_in(page, "sam")
    page.goto(LIST)
    end_in(site, -1, "sam")
    come_back(page)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.get_by_text("Marcus").count() == 0


def test_note_outlives_the_session_it_was_written_in(visit, site):
    page = visit(viewport={"width": 390, "height": 844})
    sign_in(page, "dana")
    # Each page asks once how long the session lasts; asked later, it would tell the end itself.
    with page.expect_response("**/admin/stay/"):
        page.goto(LIST)
    with page.expect_response("**/admin/stay/"):
        page.locator(".why a").first.click()
    page.locator("#log").get_by_label("Note").fill("Rang twice, nobody there")
    end_in(site, -1, "dana")
    page.locator("#log").get_by_role("button", name="No answer").first.click()

    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    give_password(page, "dana")
    faults = faults_of(page)
    type_code(page)
    expect(page.get_by_label("What you typed")).to_have_value("Rang twice, nobody there")
    faults += faults_of(page)
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator("#timeline")).to_contain_text("Rang twice, nobody there")
    assert faults == []
