"""What a device that others use still shows after "Finish on this device"."""

from playwright.sync_api import expect

from .visits import book, follow


def back_to_the_form(page):
    """Goes back, entry by entry, to the form that was filled in; what its fields hold then."""
    for _step in range(6):
        page.go_back()
        if "/consultation/details/" in page.url and page.locator("#id_preferred_name").count():
            return page.locator("form.sheet input").evaluate_all(
                "fields => fields.filter(each => each.type != 'hidden' && each.type != 'radio'"
                " && each.type != 'checkbox').map(each => each.value).filter(Boolean)"
            )
    raise AssertionError("the form is not in the history")


def test_back_after_finishing_shows_nothing_that_was_typed(page, site):
    book(page, latest=True)
    follow(page.get_by_role("button", name="Finish on this device"))
    expect(page.get_by_role("heading", name="This device has forgotten your visit")).to_be_visible()

    assert back_to_the_form(page) == []


def test_back_before_finishing_keeps_what_was_typed(page, site):
    page.goto("/consultation/")
    page.locator(".times a").first.click()
    page.locator("#id_preferred_name").fill("Nina")
    page.goto("/programs/")

    assert back_to_the_form(page) == ["Nina"]
