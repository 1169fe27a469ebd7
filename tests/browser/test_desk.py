"""The triage list as counselors work in it: logging, keys, news by itself, no script at all."""

import re

import pytest
from playwright.sync_api import expect

from .test_staff import be_signed_in, faults_of

LIST = "/admin/admissions/consultationrequest/"
NEW = (
    "INSERT INTO admissions_consultationrequest (id, reference, created_at, source, stage, due_at,"
    " promised_call_by, for_whom, preferred_name, phone, email, may_call, may_text, may_email,"
    " voicemail, is_discreet, good_time, language, time_zone, interpreter, access_need, payment,"
    " note, is_in_danger, is_adult, disposition, close_reason, close_note, search_tokens)"
    " VALUES (gen_random_uuid(), %s, now(), 'callback', 'new', now() + interval '5 minutes',"
    " now() + interval '5 minutes', 'self', %s, %s, '', true, false, false, 'no', true,"
    " 'any', 'en', 'America/Los_Angeles', '', '', '', '', false, true, '', '', '', '{1}')"
)


def ask(site, reference, name):
    sealed = [
        site.seal(text, column=f"admissions_consultationrequest.{column}")
        for column, text in [("preferred_name", name), ("phone", "+17145550190")]
    ]
    site.ask(NEW, reference, *sealed)


def attempts(site, reference):
    [(count,)] = site.ask(
        "SELECT count(*) FROM admissions_contactattempt a JOIN admissions_consultationrequest r"
        " ON r.id = a.request_id WHERE r.reference = %s",
        reference,
    )
    return count


def row_of(desk, reference):
    return desk.locator(f"[data-reference='{reference}']")


@pytest.fixture
def desk(visit):
    page = visit(viewport={"width": 1366, "height": 768})
    be_signed_in(page, "dana")
    return page


def test_counselor_logs_in_two_clicks_and_goes_on_by_keyboard(desk, site):
    ask(site, "BBBB-2222", "Kaia")
    desk.goto(LIST)
    found = {"list": faults_of(desk)}
    row = row_of(desk, "BBBB-2222")

    row.locator("[data-act=open]").focus()
    desk.keyboard.press("c")
    expect(row.locator(".owner")).to_have_text("Me")
    expect(row.locator("[data-act=open]")).to_be_focused()
    row.locator("summary").click()
    found["log menu"] = faults_of(desk)
    row.get_by_role("button", name="No answer").click()

    expect(desk.get_by_text("BBBB-2222: The attempt is logged. Next:")).to_be_visible()
    expect(row.locator("[data-act=open]")).to_be_focused()
    assert attempts(site, "BBBB-2222") == 1

    desk.keyboard.press("l")
    expect(row.get_by_role("button", name="No answer")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(row.locator("summary")).to_be_focused()
    first = desk.locator("[data-reference]").first
    desk.keyboard.press("j" if first.get_attribute("data-reference") == "BBBB-2222" else "k")
    expect(row.locator("[data-act=open]")).not_to_be_focused()
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog")).to_be_visible()
    found["keys"] = faults_of(desk)
    desk.keyboard.press("Escape")

    desk.keyboard.press("/")
    desk.keyboard.type("jj?")
    expect(desk.get_by_label("Find a request")).to_have_value("jj?")
    assert found == {name: [] for name in found}


def test_list_shows_what_is_new_by_itself_but_not_while_somebody_works(desk, site):
    ask(site, "CCCC-3333", "Moss")
    desk.clock.install()
    desk.goto(LIST)
    row_of(desk, "CCCC-3333").locator("summary").click()

    ask(site, "DDDD-4444", "Wren")
    desk.clock.run_for(61_000)
    expect(desk.locator("[data-fresh]")).to_have_text("Paused while you work in the list")
    assert row_of(desk, "DDDD-4444").count() == 0

    desk.keyboard.press("Escape")
    desk.clock.run_for(21_000)
    expect(row_of(desk, "DDDD-4444")).to_be_visible()
    expect(desk.locator("[data-news]")).to_have_text("1 new request")
    expect(row_of(desk, "CCCC-3333").locator("summary")).to_be_focused()

    desk.context.clear_cookies()
    desk.clock.run_for(21_000)
    expect(desk.get_by_role("link", name="Sign in again")).to_be_visible()
    assert desk.get_by_text("Wren").count() == 0


def test_list_works_without_a_script(visit, desk, site):
    ask(site, "FFFF-5555", "Juno")
    plain = visit(
        viewport={"width": 390, "height": 844},
        java_script_enabled=False,
        storage_state=desk.context.storage_state(),
    )
    plain.goto(LIST + "?show=promised")
    row = row_of(plain, "FFFF-5555")
    row.locator("summary").click()
    row.get_by_role("button", name="No answer").click()

    expect(plain.get_by_text("FFFF-5555: The attempt is logged. Next:")).to_be_visible()
    expect(plain).to_have_url(re.compile(r"show=promised#FFFF-5555$"))
    assert plain.evaluate("document.documentElement.scrollWidth") <= 390


def open_call(desk, number):
    """The page of a call, by its key, with the number typed; and what axe finds there."""
    desk.keyboard.press("n")
    expect(desk.get_by_label("Phone number")).to_be_focused()
    desk.keyboard.type(number)
    danger = desk.get_by_role("group", name="Is anyone in danger right now?")
    danger.get_by_label("No", exact=True).click()


def test_calls_are_kept_in_few_clicks_and_known_while_the_number_is_typed(desk):
    # The key works on every page of the desk, not on the lists alone.
    desk.goto("/admin/admissions/counselor/")
    open_call(desk, "714 555 0147")
    found = {"new": faults_of(desk)}
    desk.get_by_label("Themselves").click()
    desk.get_by_label("Promise a call, which they agree to").click()
    desk.get_by_role("button", name="Save the call").click()
    expect(desk.get_by_text("Call to us: promised a call")).to_be_visible()

    open_call(desk, "714 555 0147")
    desk.locator("[data-known]").get_by_label("Caller").click()
    found["known"] = faults_of(desk)
    assert "0147" not in desk.url
    desk.get_by_label("Answered, nothing further").click()
    desk.get_by_role("button", name="Save the call").click()

    expect(desk.get_by_text("Call to us: answered, nothing further")).to_be_visible()
    desk.goto("/admin/admissions/call/")
    found["list"] = faults_of(desk)
    assert found == {"new": [], "known": [], "list": []}


# What the browser itself is asked for, counted.
HEARD = """
  window.heard = { told: [], tones: 0 };
  const shown = window.Notification;
  window.Notification = class extends shown {
    constructor(text) { super(text); window.heard.told.push(text); }
  };
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.heard.tones += 1;
    return make.call(this);
  };
"""


def test_danger_shows_sounds_and_notifies_on_every_page_until_somebody_has_it(desk, site):
    ask(site, "HHHH-8888", "Nola")
    site.ask(
        "WITH danger AS (UPDATE admissions_consultationrequest SET is_in_danger = true,"
        " due_at = now() WHERE reference = 'HHHH-8888' RETURNING id)"
        " INSERT INTO admissions_alarm (request_id, raised_at, rings) SELECT id, now(), 0"
        " FROM danger"
    )
    desk.context.grant_permissions(["notifications"], origin=site.url)
    desk.add_init_script(HEARD)
    desk.goto(LIST)
    bar = desk.get_by_role("region", name="Alarm")
    expect(bar).to_contain_text("that nobody has yet")
    heard = desk.evaluate("heard.told")
    desk.locator("h1").click()
    desk.wait_for_function("heard.tones > 0")
    found = {"list": faults_of(desk)}

    bar.get_by_role("link", name="See it on Today").click()
    expect(desk).to_have_title(re.compile(r"^\(\d+\) Today"))
    found["today"] = faults_of(desk)
    desk.get_by_role("button", name="I have it HHHH-8888").click()

    expect(desk.get_by_text("Dana has it since")).to_be_visible()
    assert len(heard) == 1
    assert "Nola" not in heard[0]
    assert found == {"list": [], "today": []}
