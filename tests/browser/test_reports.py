"""A director sees where people are lost, and takes the figures away."""

from playwright.sync_api import expect

from .test_staff import be_signed_in, faults_of
from .visits import follow

REPORTS = "/admin/reports/"


def test_director_reads_the_reports_and_takes_the_figures(visit):
    desk = visit(viewport={"width": 390, "height": 844}, color_scheme="dark")
    be_signed_in(desk, "lee")
    desk.goto(REPORTS)
    desk.get_by_role("link", name="30 days").click()
    desk.get_by_label("Language").select_option(label="Spanish")
    desk.get_by_role("button", name="Narrow").click()
    expect(desk).to_have_url(f"{REPORTS}?days=30&program=&language=es&source=")
    expect(desk.get_by_role("img", name="Requests by weekday and hour")).to_be_visible()
    for words in ["As a table, and by mode", "Requests and counselor hours as a table"]:
        desk.get_by_text(words).click()
    found = {"narrow": faults_of(desk)}

    desk.set_viewport_size({"width": 1366, "height": 768})
    desk.emulate_media(color_scheme="light")
    follow(desk.get_by_role("link", name="Everyone"))
    found["wide"] = faults_of(desk)
    with desk.expect_download() as taken:
        desk.get_by_role("button", name="Download figures (CSV)").click()

    assert found == {name: [] for name in found}
    assert taken.value.path().read_text(encoding="utf-8-sig").startswith("Figure,Divided by,Part")
