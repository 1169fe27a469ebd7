"""The roles of staff and what each may do, in one table; each is a group of its name.

`manage.py sync_roles` brings the database in line with the table, and nothing else changes a role.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction


class UnknownPermission(Exception):
    """The table names a permission that the database lacks: a slip, or migrate has not run."""


def each(app: str, actions: str, models: str) -> set[str]:
    """Django's own permissions of models: each("programs", "view add", "page article")."""
    return {f"{app}.{action}_{model}" for action in actions.split() for model in models.split()}


DESK = {
    *each(
        "admissions",
        "view",
        "consultationrequest consultation message counselor weeklyhours extrahours closure"
        " waitlistentry earlieroffer call oncallshift",
    ),
    "admissions.triage_consultationrequest",
    "admissions.answer_for_messages",
}
CARE = {
    "admissions.view_assessment",
    "admissions.assess_consultationrequest",
    "admissions.recommend_care",
}
PLANNING = {
    *each("admissions", "view", "shortage suppression messagerule messagetemplate installation"),
    "admissions.lift_suppression",
    "admissions.hand_over",
    "admissions.reassign_consultationrequest",
    "admissions.change_oncallshift",
    "admissions.view_hoursproposal",
    "admissions.decide_hoursproposal",
}
OWN_HOURS = {"admissions.propose_hours"}

# What was asked, held, told and removed: to see, and to note what people ask and what was told.
PRIVACY = each(
    "admissions",
    "view",
    "privacyrequest retentionperiod legalhold disclosure removalcertificate",
)
NOTING_PRIVACY = each("admissions", "add", "privacyrequest disclosure")

ROLES: dict[str, set[str]] = {
    "coordinator": DESK | PLANNING | PRIVACY | NOTING_PRIVACY,
    "counselor": DESK | CARE | OWN_HOURS | {"admissions.keep_own_calendars"},
    "clinician": DESK | CARE | OWN_HOURS | {"admissions.acknowledge_concern"},
    "VOB": {"admissions.view_benefitsverification", "admissions.verify_benefits"},
    "director": {
        *DESK,
        *PLANNING,
        *PRIVACY,
        *NOTING_PRIVACY,
        *each("admissions", "change", "retentionperiod legalhold"),
        "admissions.decide_privacyrequest",
        *each("admissions", "view add change delete", "weeklyhours extrahours closure"),
        *each("admissions", "add change", "counselor"),
        *each("admissions", "view change", "moderules messagerule mailsettings afterhours"),
        *each("admissions", "view add", "consentversion messagetemplate"),
        *each("admissions", "view add change", "staffcredential"),
        *each("users", "view add change", "user"),
        "admissions.keep_own_calendars",
        "admissions.keep_any_calendars",
        "admissions.release_sending",
        "admissions.view_backuprecord",
        "admissions.view_reports",
        "admissions.export_reports",
        "admissions.share_savedview",
        "programs.view_credential",
        "programs.decide_crisislinechange",
    },
    "content editor": {
        "admissions.view_afterhours",
        *each(
            "programs",
            "view add change delete",
            "facility location credential membership sociallink levelofcare program"
            " schedulerow comparisonrow comparisoncell programtext question article page"
            " translation",
        ),
        *each("programs", "view add change", "crisisline"),
        "programs.decide_crisislinechange",
    },
    "auditor": {"admissions.view_auditevent", *PRIVACY},
}

# Which roles someone gives by themselves; any other takes a second person who may give it too.
# A superuser has every permission; whoever makes a director or a superuser is never alone.
SUPERUSER = "superuser"
GIVEN_ALONE: dict[str, set[str]] = {
    "director": {"coordinator"},
    SUPERUSER: set(ROLES) - {"director"},
}


def given_alone(names: set[str]) -> set[str]:
    """What someone with these roles gives by themselves."""
    return set().union(*(GIVEN_ALONE.get(name, set()) for name in names))


@transaction.atomic
def sync() -> list[str]:
    """Bring groups and their permissions in line with ROLES; return a line for each change."""
    permissions = Permission.objects.select_related("content_type")
    known = {name_of(permission): permission for permission in permissions}
    unknown = set().union(*ROLES.values()) - known.keys()
    if unknown:
        raise UnknownPermission(", ".join(sorted(unknown)))
    changes = remove_roles()
    for name, wanted in ROLES.items():
        changes += sync_role(name, {known[permission] for permission in wanted})
    return changes


def remove_roles() -> list[str]:
    """Delete groups that the table does not name; their people keep their other roles."""
    gone = Group.objects.exclude(name__in=ROLES)
    changes = [f"{role.name}: removed; people who had it: {role.user_set.count()}" for role in gone]
    gone.delete()
    return changes


def sync_role(name: str, wanted: set[Permission]) -> list[str]:
    role, is_new = Group.objects.get_or_create(name=name)
    has = set(role.permissions.select_related("content_type"))
    role.permissions.set(wanted)
    if is_new:
        return [f"{name}: made; permissions: {len(wanted)}"]
    return [
        *[f"{name}: may {permission}" for permission in names_of(wanted - has)],
        *[f"{name}: may no longer {permission}" for permission in names_of(has - wanted)],
    ]


def names_of(permissions: set[Permission]) -> list[str]:
    return sorted(name_of(permission) for permission in permissions)


def name_of(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
