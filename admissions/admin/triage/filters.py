"""What a list of requests can be narrowed by: codes only, so that no address tells of anyone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from admissions import formatting
from admissions.intake.models import ConsultationRequest
from admissions.sql_rows import fetch_rows
from programs.models import Program
from users.models import User

Stage, ForWhom = ConsultationRequest.Stage, ConsultationRequest.ForWhom
TRIAGE_PERMISSION = "admissions.triage_consultationrequest"
QUEUE_PARAMETER = "show"


@dataclass(frozen=True)
class RequestFilter:
    """One question about requests: its choices as (code, words), and which rows a code means."""

    key: str
    name: Promise
    choices: Callable[[User], list]
    condition: Callable[[str, User], Q]


# What Django's with_perm asks, which takes longer to be put together than to be answered.
COLLEAGUES_SQL = """
    WITH asked AS (
        SELECT auth_permission.id FROM auth_permission
        JOIN django_content_type ON django_content_type.id = content_type_id
        WHERE app_label = %(app)s AND codename = %(codename)s
    )
    SELECT id, username, first_name, last_name FROM users_user
    WHERE is_active AND id IN (
        SELECT user_id FROM users_user_groups JOIN auth_group_permissions USING (group_id)
        WHERE permission_id IN (SELECT id FROM asked)
        UNION SELECT user_id FROM users_user_user_permissions
        WHERE permission_id IN (SELECT id FROM asked)
    )
    ORDER BY first_name, id
"""


def owner_choices(by: User) -> list:
    app, _dot, codename = TRIAGE_PERMISSION.partition(".")
    colleagues = fetch_rows(User, COLLEAGUES_SQL, {"app": app, "codename": codename})
    names = [(str(each.pk), formatting.staff_name(each)) for each in colleagues]
    others = [(code, name) for code, name in names if code != str(by.pk)]
    return [("me", _("Me")), ("nobody", _("Nobody yet")), *others]


def owner_condition(code: str, by: User) -> Q:
    return {"me": Q(owner=by), "nobody": Q(owner=None)}.get(code) or Q(owner_id=int(code))


def program_choices(by: User) -> list:
    rows = Program.objects.order_by("pk").values_list("pk", "name")
    return [*((str(pk), name) for pk, name in rows), ("unsure", _("Not sure"))]


def program_condition(code: str, by: User) -> Q:
    return Q(program_interest=None if code == "unsure" else int(code))


def stage_choices(by: User) -> list:
    return [(each.value, each.label) for each in Stage if each != Stage.CLOSED]


FOR_WHOM_LABELS = {
    ForWhom.SELF: _("Themselves"),
    ForWhom.LOVED_ONE: _("A loved one"),
    ForWhom.PROFESSIONAL: _("Someone they work with"),
}
REQUEST_FILTERS = [
    RequestFilter("owner", _("Owner"), owner_choices, owner_condition),
    RequestFilter("program", _("Program"), program_choices, program_condition),
    RequestFilter(
        "language",
        _("Language"),
        lambda by: settings.LANGUAGES,
        lambda code, by: Q(language=code),
    ),
    RequestFilter(
        "whom",
        _("For whom"),
        lambda by: list(FOR_WHOM_LABELS.items()),
        lambda code, by: Q(for_whom=code),
    ),
    RequestFilter("stage", _("Stage"), stage_choices, lambda code, by: Q(stage=code)),
]


@dataclass(frozen=True)
class SelectedFilter:
    """One narrowing as the list shows it: what may be chosen, and what is."""

    key: str
    name: Promise
    options: list
    code: str

    @property
    def words(self) -> str:
        return dict(self.options).get(self.code, "")

    @property
    def option_tags(self) -> SafeString:
        """The choices of a select; a center may have fifty colleagues."""
        tags = (
            (code, " selected" if code == self.code else "", name) for code, name in self.options
        )
        return format_html_join("", '<option value="{}"{}>{}</option>', tags)


def select_filters(
    sent: QueryDict, *, by: User, read: Mapping[str, list] | None = None
) -> list[SelectedFilter]:
    """Every narrowing, with the code that was sent where it is one of ours.

    `read` are the choices of narrowings, by key, that were read already.
    """
    known = read or {}
    offered = [
        (each, known.get(each.key) or [(str(code), name) for code, name in each.choices(by)])
        for each in REQUEST_FILTERS
    ]
    return [
        SelectedFilter(each.key, each.name, options, known_code(sent.get(each.key, ""), options))
        for each, options in offered
    ]


def known_code(code: str, options: list) -> str:
    return code if code in dict(options) else ""


def list_query(shown: str, chosen: list[SelectedFilter], *, without: str = "") -> str:
    """The query of this list: its queue and what narrows it."""
    codes = {each.key: each.code for each in chosen if each.code and each.key != without}
    return urlencode(({QUEUE_PARAMETER: shown} if shown else {}) | codes)
