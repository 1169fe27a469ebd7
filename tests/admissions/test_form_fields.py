"""Every text is measured before anything is done with it, whoever sends it and wherever.

Putting combining marks into order takes a time that grows with the square of their number.
"""

import ast
import pkgutil
import unicodedata
from importlib import import_module
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse

from admissions import form_fields as admissions_form_fields
from admissions.accounts.forms import LONGEST_PASSWORD, BoundedPasswords, NewPasswordForm
from admissions.admin.audited_admin import LONGEST_TEXT
from admissions.intake.models import ConsultationRequest, Note
from admissions.messaging import templates
from admissions.messaging.kinds import MessageText
from admissions.public import form_fields
from recovery_site.middleware import LONGEST_ADDRESS
from tests.support import factories
from tests.support.visitor import MONDAY, Visitor
from users.models import User

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("admissions", "programs", "recovery_site")
MARKS = "a" + "\u0301" * 200_000
# As many as the body of a request may hold.
SENT = "a" + "\u0301" * 40_000
TEXTS = {
    "forms.CharField", "forms.EmailField", "forms.URLField", "forms.SlugField",
    "forms.RegexField", "forms.JSONField", "UsernameField",
}  # fmt: skip


@pytest.fixture(autouse=True)
def normalized(monkeypatch):
    """How long each text was that Python's own function was given; it works as ever."""
    lengths, normalize = [0], unicodedata.normalize

    def counted(form, text):
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", counted)
    return lengths


def our_modules():
    for room in PACKAGES:
        package = import_module(room)
        yield package
        for each in pkgutil.walk_packages(package.__path__, f"{room}."):
            if ".migrations" not in each.name and "gunicorn" not in each.name:
                yield import_module(each.name)


def our_forms() -> list[type]:
    """Every form class that one of our modules holds, Django's own among them."""
    found = {
        each
        for module in our_modules()
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, forms.BaseForm)
    }
    return sorted(found, key=lambda each: f"{each.__module__}.{each.__qualname__}")


def text_fields(form) -> list[tuple]:
    """Where a person may write what they like; a UUID is read in the time of its length."""
    return [
        (name, field)
        for name, field in form.items()
        if isinstance(field, forms.CharField) and not isinstance(field, forms.UUIDField)
    ]


def refuses(field) -> bool:
    try:
        field.clean(MARKS)
    except ValidationError:
        return True
    return False


FIELDS = {
    f"{form.__module__}.{form.__qualname__}.{name}": field
    for form in our_forms()
    if form.__module__.startswith(PACKAGES) and not issubclass(form, BoundedPasswords)
    for name, field in text_fields(getattr(form, "base_fields", {}))
}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
@pytest.mark.security(63)
def test_text_of_a_form_is_measured_before_it_is_normalized(field, normalized):
    assert refuses(field)

    assert max(normalized) <= field.max_length


def test_password_is_measured_before_it_is_normalized(normalized):
    made = NewPasswordForm(User())

    passwords = [field for name, field in text_fields(made.fields) if "password" in name]

    assert [refuses(field) for field in passwords] == [True, True]
    assert {field.max_length for field in passwords} == {LONGEST_PASSWORD}
    assert max(normalized) <= LONGEST_PASSWORD


@pytest.mark.parametrize("make", [form_fields.name_field, form_fields.phone_field])
def test_field_that_forms_share_measures_first(make, normalized):
    field = make()

    assert refuses(field)
    assert max(normalized) <= field.max_length


BOUNDED = [
    admissions_form_fields.PlainTextField,
    admissions_form_fields.PlainLinesField,
    admissions_form_fields.PlainEmailField,
]


@pytest.mark.parametrize("kind", BOUNDED)
@pytest.mark.security(63)
def test_no_validator_sees_a_text_that_is_too_long(kind):
    seen = []
    field = kind(max_length=20, validators=[seen.append])

    assert refuses(field)
    assert seen == []


@pytest.mark.parametrize("kind", [admissions_form_fields.BoundedTextField, *BOUNDED])
def test_text_field_cannot_be_made_without_a_length(kind):
    with pytest.raises(TypeError):
        kind()


def test_text_of_exactly_its_length_is_taken():
    assert admissions_form_fields.PlainTextField(max_length=4).clean("  Jose ") == "Jose"


def test_line_end_counts_once_as_in_a_browser():
    assert admissions_form_fields.PlainLinesField(max_length=5).clean("ab\r\ncd") == "ab\ncd"


@pytest.mark.parametrize(
    "path",
    [path for room in PACKAGES for path in sorted((ROOT / room).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_text_field_in_code_names_its_length(path):
    """Those too that a form makes when it is drawn."""
    calls = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)]

    without = [
        f"{ast.unparse(call.func)}, line {call.lineno}"
        for call in calls
        if ast.unparse(call.func) in TEXTS
        and "max_length" not in {each.arg for each in call.keywords}
    ]

    assert without == []


# The desk's own forms


ADMINS = sorted(admin.site._registry.values(), key=lambda each: each.opts.label_lower)


@pytest.fixture
def superuser(client, db):
    user = factories.make_user(role=None, first_name="Robin", is_superuser=True)
    client.force_login(user)
    return user


def forms_of(desk, request):
    """What the pages of one model may ask for: to add, to change, beside it, to search."""
    pages = [(None, desk.has_add_permission), (desk.model(), desk.has_change_permission)]
    for obj in [obj for obj, is_open in pages if is_open(request)]:
        yield desk.get_form(request, obj, change=obj is not None)().fields
        for formset, _inline in desk.get_formsets_with_inlines(request, obj):
            yield formset.form.base_fields
    yield desk.get_changelist(request).search_form_class().fields


@pytest.mark.parametrize("desk", ADMINS, ids=lambda each: each.opts.label_lower)
def test_text_of_djangos_own_pages_is_measured_before_it_is_normalized(
    desk, rf, superuser, normalized
):
    request = rf.get("/")
    request.user = superuser

    for form in forms_of(desk, request):
        for name, field in text_fields(form):
            assert refuses(field), name
            assert (name, field.max_length) <= (name, LONGEST_TEXT)
            assert max(normalized) <= field.max_length


@pytest.mark.parametrize("desk", ["programs_article", "users_user"])
def test_search_that_is_too_long_searches_nothing_and_says_so(client, superuser, desk):
    page = client.get(reverse(f"admin:{desk}_changelist"), {"q": "a" * 81})

    assert page.context_data["cl"].query == ""
    assert "at most 80" in page.content.decode()


# Over the pages


@pytest.fixture
def visitor(db):
    with time_machine.travel(MONDAY):
        factories.make_counselor()
        yield Visitor()


LONGEST_ANYWHERE = 4000


@pytest.mark.parametrize(
    "name", ["preferred_name", "phone", "email", "interpreter", "access_need", "note", "website"]
)
@pytest.mark.security(63)
def test_endless_marks_on_the_booking_form_are_refused_unread(visitor, normalized, name):
    answer = visitor.book(**{name: SENT})

    assert (answer.status_code, ConsultationRequest.objects.count()) == (200, 0)
    assert max(normalized) < LONGEST_ANYWHERE


@pytest.mark.parametrize("name", ["preferred_name", "phone", "website"])
def test_endless_marks_on_the_callback_form_are_refused_unread(visitor, normalized, name):
    answer = visitor.send_callback(visitor.open_callback() | {name: SENT})

    assert (answer.status_code, ConsultationRequest.objects.count()) == (200, 0)
    assert max(normalized) < LONGEST_ANYWHERE


@pytest.mark.parametrize("names", [["username"], ["password"], ["username", "password"]])
@pytest.mark.security(63)
def test_endless_marks_at_the_door_are_refused_unread(db, client, normalized, names):
    typed = {"username": "robin", "password": "x"} | dict.fromkeys(names, SENT)

    answer = client.post(reverse("admin:login"), typed)

    assert answer.status_code == 200
    assert max(normalized) < LONGEST_ANYWHERE


@pytest.mark.parametrize("start", ["//", "/admin/", "https://"])
def test_endless_way_back_leads_to_the_first_page_unread(client, superuser, normalized, start):
    """Python normalizes the host of an address that it takes apart."""
    answer = client.post(reverse("admin:keyboard_shortcuts"), {"keys": "on", "next": start + SENT})

    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:index"))
    assert max(normalized) < LONGEST_ANYWHERE


@pytest.mark.parametrize("step", ["note", "search", "log", "close"])
def test_endless_marks_at_the_desk_are_refused_unread(client, superuser, normalized, step):
    asked = factories.make_request()
    where = [] if step == "search" else [asked.pk]
    address = reverse(f"admin:admissions_consultationrequest_{step}", args=where)

    client.post(address, dict.fromkeys(["text", "term", "note", "refer_to"], SENT))

    assert Note.objects.count() == 0
    assert max(normalized) < LONGEST_ANYWHERE


@pytest.mark.parametrize("part", templates.TEXT_PARTS)
def test_endless_words_of_an_email_are_refused_unread(db, normalized, part):
    words = MessageText(**dict.fromkeys(templates.TEXT_PARTS, "Hello") | {part: MARKS})

    found = templates.find_text_errors("no_show_2", templates.normalize_text(words))

    assert [*found] == [part]
    assert max(normalized) <= templates.MAX_PART_LENGTHS[part]


@pytest.mark.parametrize("address", ["/", "/es/", "/consultation/", "/admin/", "/nowhere/"])
def test_endless_address_is_a_bad_request(db, client, address):
    longest = LONGEST_ADDRESS - len(address) - len("at=")

    refused = client.get(f"{address}?at={'2' * (longest + 1)}")
    answered = client.get(f"{address}?at={'2' * longest}")

    assert refused.status_code == 400
    assert answered.status_code != 400
