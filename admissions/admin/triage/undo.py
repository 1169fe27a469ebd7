"""The bar that says what was done, with its button Undo, and what pressing that does."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import REQUEST_LIST
from admissions.exceptions import ActionNotAllowed
from admissions.undo import undoing
from admissions.undo.models import UndoableAction

if TYPE_CHECKING:
    from .requests import ConsultationRequestAdmin

# What the template of messages reads of a tag: an id follows.
UNDO_TAG = "undo:"


def has_claimed(name: str, undoable: UndoableAction | None) -> bool:
    """Whether the step of this name has made theirs what nobody owned, without being a claim."""
    if undoable is None or name in ("claim", "hand-over"):
        return False
    return undoable.before["owner_id"] is None and undoable.after["owner_id"] is not None


def tell_done(
    request: HttpRequest,
    words: str,
    undoable: UndoableAction | None,
    *,
    is_claimed: bool = False,
) -> None:
    """Say it on the next page; with a button to undo it, where that can be."""
    if is_claimed:
        words = _("%(done)s The request is yours now.") % {"done": words}
    messages.success(request, words, extra_tags=f"{UNDO_TAG}{undoable.pk}" if undoable else "")


def undo_view(
    request: StaffRequest, pk: UUID, *, admin: "ConsultationRequestAdmin"
) -> HttpResponse:
    """Undo what this person did a moment ago, or say why it stands; back to where they were."""
    if not admin.has_triage_permission(request):
        raise PermissionDenied
    try:
        undoing.undo_action(action_id=pk, by=request.user)
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Undone. It stands as it did before."))
    return HttpResponseRedirect(page_before(request))


def page_before(request: HttpRequest) -> str:
    """The page of the desk that carried the button, else the list."""
    page = request.POST.get("page", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    is_desk = is_ours and page.startswith(reverse("admin:index"))
    return page if is_desk else reverse(REQUEST_LIST)
