"""What a content editor does to a text: write a draft, publish it, go back, take it off."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from users.models import User

from .models import ReviewedText, VersionedText


class EditRefused(Exception):
    """The act does not fit what stands now; nothing has changed."""


class EditConflict(EditRefused):
    """Someone else saved, published or began a newer version since this one was opened."""


class DraftExists(EditRefused):
    """A draft is being written: publish it or throw it away first."""


class WrongVersionState(EditRefused):
    """A draft cannot be withdrawn, what is published cannot be thrown away."""


@transaction.atomic
def save_draft(*, text: VersionedText, by: User, seen: datetime | None = None) -> VersionedText:
    """Keep changed words in the draft, or as the next draft where a version was published.

    `seen` is when the version that they were written over had last changed.
    """
    if text.pk is None:
        text.changed_by = by
        text.save(force_insert=True)
        return text

    newest = lock_newest(text)
    check_unchanged(newest, text, seen)
    drop_stale_review(text, newest)

    if newest.is_published:
        start_next_draft(text, newest)
    text.changed_by = by
    text.save()
    return text


@transaction.atomic
def publish_draft(*, text: VersionedText, by: User, seen: datetime | None) -> None:
    """Put a draft on the site, in place of the version before."""
    newest = lock_newest(text)
    check_unchanged(newest, text, seen)
    if newest.is_published:
        raise WrongVersionState

    newest.is_published = True
    newest.published_at, newest.published_by = timezone.now(), by
    newest.save(update_fields=["is_published", "published_at", "published_by"])


@transaction.atomic
def restore_version(*, text: VersionedText, by: User) -> VersionedText:
    """Begin a draft with the words of an earlier version."""
    # Going back is a new draft: Postgres refuses to change what was published.
    newest = lock_newest(text)
    if not newest.is_published:
        raise DraftExists

    start_next_draft(text, newest)
    text.changed_by = by
    text.save()
    return text


@transaction.atomic
def withdraw_text(*, text: VersionedText, by: User) -> VersionedText:
    """Take a text off the site by a version that is not shown."""
    newest = lock_newest(text)
    if not newest.is_published:
        raise DraftExists
    if newest.is_withdrawn:
        raise WrongVersionState

    start_next_draft(newest, newest)
    newest.is_published = newest.is_withdrawn = True
    newest.changed_by = newest.published_by = by
    newest.published_at = timezone.now()
    newest.save()
    return newest


@transaction.atomic
def confirm_text(*, text: VersionedText, by: User) -> VersionedText:
    """Say that the words on the site still fit: publish them once more, as a version of now."""
    newest = lock_newest(text)
    if not newest.is_published:
        raise DraftExists
    if newest.is_withdrawn or newest.pk != text.pk:
        raise WrongVersionState

    start_next_draft(newest, newest)
    newest.is_published = True
    newest.changed_by = newest.published_by = by
    newest.published_at = timezone.now()
    newest.save()
    return newest


@transaction.atomic
def discard_draft(*, text: VersionedText, seen: datetime | None) -> None:
    """Delete a draft that was never published."""
    newest = lock_newest(text)
    check_unchanged(newest, text, seen)
    if newest.is_published:
        raise WrongVersionState

    newest.delete()


def lock_newest(text: VersionedText) -> VersionedText:
    """The newest version, with every version of the text held until the end."""
    versions = list(text.versions.select_for_update())
    if not versions:
        raise EditConflict
    return versions[0]


def check_unchanged(newest: VersionedText, text: VersionedText, seen: datetime | None) -> None:
    if newest.pk != text.pk or newest.changed_at != seen:
        raise EditConflict


def start_next_draft(text: VersionedText, newest: VersionedText) -> None:
    """Make this instance a draft of its own words, numbered after the newest version."""
    text.pk, text._state.adding = None, True
    text.version = newest.version + 1
    text.is_published = text.is_withdrawn = False
    text.published_at = text.published_by = None


def drop_stale_review(text: VersionedText, stored: VersionedText) -> None:
    """A review holds for the words that were reviewed; new words need their own."""
    if not (isinstance(text, ReviewedText) and isinstance(stored, ReviewedText)):
        return
    if not text.reviewed_by:
        return
    has_new_words = any(getattr(text, name) != getattr(stored, name) for name in text.TEXT_FIELDS)
    is_old_review = (text.reviewed_by, text.reviewed_on) == (
        stored.reviewed_by,
        stored.reviewed_on,
    )
    if has_new_words and is_old_review:
        text.reviewed_by, text.reviewed_on = "", None
