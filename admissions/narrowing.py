"""What a list of requests can be narrowed by: codes only, so that no address tells of anyone."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programs.models import Program

from . import desk
from .models import ConsultationRequest

Stage, ForWhom = ConsultationRequest.Stage, ConsultationRequest.ForWhom
WORKS = "admissions.triage_consultationrequest"
SHOW = "show"


@dataclass(frozen=True)
class Narrowing:
    """One question about requests: its choices as (code, words), and which rows a code means."""

    key: str
    name: Promise
    choices: Callable[[User], list]
    which: Callable[[str, User], Q]


def owners(by: User) -> list:
    colleagues = User.objects.with_perm(
        WORKS, include_superusers=False, backend="django.contrib.auth.backends.ModelBackend"
    )
    names = [(str(each.pk), desk.staff_name(each)) for each in colleagues.order_by("first_name")]
    others = [(code, name) for code, name in names if code != str(by.pk)]
    return [("me", _("Me")), ("nobody", _("Nobody yet")), *others]


def owned(code: str, by: User) -> Q:
    return {"me": Q(owner=by), "nobody": Q(owner=None)}.get(code) or Q(owner_id=int(code))


def programs(by: User) -> list:
    rows = Program.objects.order_by("pk").values_list("pk", "name")
    return [*((str(pk), name) for pk, name in rows), ("unsure", _("Not sure"))]


def interested(code: str, by: User) -> Q:
    return Q(program_interest=None if code == "unsure" else int(code))


def stages(by: User) -> list:
    return [(each.value, each.label) for each in Stage if each != Stage.CLOSED]


WHOM = {
    ForWhom.SELF: _("Themselves"),
    ForWhom.LOVED_ONE: _("A loved one"),
    ForWhom.PROFESSIONAL: _("Someone they work with"),
}
NARROWINGS = [
    Narrowing("owner", _("Owner"), owners, owned),
    Narrowing("program", _("Program"), programs, interested),
    Narrowing(
        "language",
        _("Language"),
        lambda by: settings.LANGUAGES,
        lambda code, by: Q(language=code),
    ),
    Narrowing(
        "whom", _("For whom"), lambda by: list(WHOM.items()), lambda code, by: Q(for_whom=code)
    ),
    Narrowing("stage", _("Stage"), stages, lambda code, by: Q(stage=code)),
]


@dataclass(frozen=True)
class Choice:
    """One narrowing as the list shows it: what may be chosen, and what is."""

    key: str
    name: Promise
    options: list
    code: str

    @property
    def words(self) -> str:
        return dict(self.options).get(self.code, "")


def choices(sent: QueryDict, *, by: User) -> list[Choice]:
    """Every narrowing, with the code that was sent where it is one of ours."""
    offered = [
        (each, [(str(code), name) for code, name in each.choices(by)]) for each in NARROWINGS
    ]
    return [
        Choice(each.key, each.name, options, known(sent.get(each.key, ""), options))
        for each, options in offered
    ]


def known(code: str, options: list) -> str:
    return code if code in dict(options) else ""


def address(shown: str, chosen: list[Choice], *, without: str = "") -> str:
    """The query of this list: its queue and what narrows it."""
    codes = {each.key: each.code for each in chosen if each.code and each.key != without}
    return urlencode(({SHOW: shown} if shown else {}) | codes)
