"""How somebody wants to be told each kind: kept where it differs from the catalog."""

from collections.abc import Mapping

from django.db import transaction

from users.models import User

from .catalog import CATALOG, SWITCHABLE, Channels, Kind
from .models import AlertChoice


def load_choices(user: User) -> dict[Kind, Channels]:
    """The channels of each kind that they may choose about."""
    found = {kind: CATALOG[kind].channels for kind in SWITCHABLE}
    for each in AlertChoice.objects.filter(user=user):
        found[Kind(each.kind)] = Channels(each.on_desk, each.by_email, each.by_push)
    return found


@transaction.atomic
def save_choices(*, by: User, channels: Mapping[Kind, Channels]) -> None:
    """Store them; what is as in the catalog follows it from now on."""
    own = {kind: chosen for kind, chosen in channels.items() if kind in SWITCHABLE}
    AlertChoice.objects.filter(user=by).delete()
    AlertChoice.objects.bulk_create(
        AlertChoice(
            user=by,
            kind=kind,
            on_desk=chosen.on_desk,
            by_email=chosen.by_email,
            by_push=chosen.by_push,
        )
        for kind, chosen in own.items()
        if chosen != CATALOG[kind].channels
    )
