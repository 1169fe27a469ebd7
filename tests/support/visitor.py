"""A visitor: what they type into the forms of a page, and what their browser sends."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

from django.test import Client
from django.urls import reverse

# A Monday, 10 in the morning in Santa Ana.
MONDAY = datetime(2026, 11, 23, 18, tzinfo=UTC)
TOMORROW_AT_TEN = datetime(2026, 11, 24, 18, tzinfo=UTC)

DETAILS = {
    "is_in_danger": "no",
    "for_whom": "self",
    "is_adult": "yes",
    "preferred_name": "Jo",
    "phone": "(714) 555-0155",
    "voicemail": "no",
    "agrees_to_contact": "on",
}
CALLBACK = {
    "preferred_name": "Jo",
    "phone": "(714) 555-0155",
    "voicemail": "no",
    "agrees_to_contact": "on",
}


@dataclass
class PageForm:
    """One form of a page: where it goes, what it would send, and its named buttons."""

    action: str
    values: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)


class FormReader(HTMLParser):
    """Reads every form of a page as a browser would fill it before anything is typed."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.select, self.textarea = [], None, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append(PageForm(given.get("action") or ""))
        elif self.forms and tag in {"input", "button", "select", "textarea", "option"}:
            getattr(self, f"read_{tag}")(given)

    def read_input(self, given):
        is_choice = given.get("type") in {"checkbox", "radio"}
        if "name" in given and (not is_choice or "checked" in given):
            self.forms[-1].values[given["name"]] = given.get("value") or ("on" * is_choice)

    def read_button(self, given):
        if "name" in given:
            self.forms[-1].buttons.append((given["name"], given["value"]))

    def read_select(self, given):
        self.select = given["name"]

    def read_option(self, given):
        if "selected" in given or self.select not in self.forms[-1].values:
            self.forms[-1].values[self.select] = given["value"] or ""

    def read_textarea(self, given):
        self.textarea = given["name"]
        self.forms[-1].values[self.textarea] = ""

    def handle_data(self, text):
        if self.textarea:
            # HTML drops one newline right after the tag.
            self.forms[-1].values[self.textarea] += text.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.textarea = None


def read_form(response, name="details"):
    """The form on this page that goes to this address of ours."""
    action = reverse(f"admissions:{name}")
    forms = FormReader(response.content.decode()).forms
    return next(form for form in forms if form.action == action)


def url(name):
    return reverse(f"admissions:{name}")


def browser(request):
    """A browser in which the link to manage this request was opened."""
    client = Client()
    session = client.session
    session["manages"] = session["opened_letter"] = str(request.pk)
    session.save()
    return client


def stamp(at):
    return f"{at:%Y%m%dT%H%M%SZ}"


def details_url(at=TOMORROW_AT_TEN, mode="phone"):
    return f"{reverse('admissions:details')}?at={stamp(at)}&mode={mode}"


class Visitor(Client):
    """One browser."""

    def open_details(self, at=TOMORROW_AT_TEN, mode="phone", another=""):
        """What the details form would send for this time, filled in; of `another` person if so."""
        page = self.get(details_url(at, mode) + f"&another={another}" * bool(another))
        return read_form(page).values | DETAILS

    def send_details(self, values):
        return self.post(reverse("admissions:details"), values)

    def book(self, at=TOMORROW_AT_TEN, mode="phone", **typed):
        return self.send_details(self.open_details(at, mode) | typed)

    def open_callback(self, another=""):
        page = self.get(
            reverse("admissions:request_callback"), {"another": another} if another else {}
        )
        return read_form(page, "request_callback").values | CALLBACK

    def send_callback(self, values):
        return self.post(reverse("admissions:request_callback"), values)
