"""Naming a list of requests, to find it again."""

from django.db import transaction
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from users.models import User

from .models import SavedView

MAX_SAVED_VIEWS = 12
SHARE_PERMISSION = "admissions.share_savedview"


@transaction.atomic
def create_saved_view(*, by: User, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep these codes under a name of one's own; the same name means the new codes."""
    # Two clicks at once wait for each other here.
    mine = SavedView.objects.filter(user=User.objects.select_for_update().get(pk=by.pk))
    if is_shared and not by.has_perm(SHARE_PERMISSION):
        raise ActionNotAllowed(_("Only a director shares a list with everyone."))
    if not mine.filter(name=name).exists() and mine.count() >= MAX_SAVED_VIEWS:
        raise ActionNotAllowed(_("You have many saved lists. Delete one first."))

    kept, _is_new = SavedView.objects.update_or_create(
        user=by, name=name, defaults={"query": query, "is_shared": is_shared}
    )

    AuditEvent.objects.create(
        type=AuditEvent.Type.RECORD_ADDED,
        actor=by,
        object_type="savedview",
        object_id=str(kept.pk),
    )
    return kept


@transaction.atomic
def delete_saved_view(*, by: User, pk: int) -> None:
    """Forget one's own; deleting it again changes nothing."""
    if not SavedView.objects.filter(user=by, pk=pk).delete()[0]:
        return

    AuditEvent.objects.create(
        type=AuditEvent.Type.RECORD_DELETED, actor=by, object_type="savedview", object_id=str(pk)
    )
