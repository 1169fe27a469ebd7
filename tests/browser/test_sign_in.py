"""How staff come in, and what becomes of their work when a session ends, in a real browser."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from admissions.accounts import totp

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
        "DELETE FROM accounts_factor USING users_user u WHERE u.id = user_id AND username = 'noor'"
    )
    page = visit(viewport={"width": 390, "height": 844})
    page.goto("/admin/")
    faults = faults_of(page)
    give_password(page, "noor")

    expect(page.get_by_role("heading", name="Set up your second step")).to_be_visible()
    faults += faults_of(page)
    page.get_by_text("Or type this key").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(totp.code_at_step(secret, totp.step_at(datetime.now(UTC))))
    page.get_by_role("button", name="Go on").click()

    expect(page.locator(".recovery code")).to_have_count(10)
    faults += faults_of(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Sign-in and security").click()
    expect(page.get_by_text("10 are left.")).to_be_visible()
    assert faults + faults_of(page) == []


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
