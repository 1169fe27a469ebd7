"""An undo and whoever comes at the same moment: one wins, and the other is told."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import ProgrammingError
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.triage import contact_attempts, snoozing
from admissions.undo import steps, undoing
from admissions.undo.models import UndoableAction
from tests.support.factories import make_request, make_user
from tests.support.rivals import at_once
from tests.support.rivals import outcomes as outcomes_of

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type


def log(request, by):
    return steps.take_step(
        service=contact_attempts.log_attempt,
        request_id=request.pk,
        by=by,
        channel="call",
        result="no_answer",
    )


def test_states_go_back_in_the_transaction_that_undoes_alone(real_commits):
    staff, request = make_user("coordinator"), make_request()
    action = log(request, staff)
    undoing.undo_action(action_id=action.pk, by=staff)
    ConsultationRequest.objects.filter(pk=request.pk).update(stage=Stage.ATTEMPTING_CONTACT)

    with pytest.raises(ProgrammingError):
        ConsultationRequest.objects.filter(pk=request.pk).update(stage=Stage.NEW)


def test_undo_and_a_colleagues_change_at_once_have_one_winner(real_commits):
    staff, colleague = make_user("coordinator"), make_user()
    request = make_request()
    action = log(request, staff)
    act = partial(undoing.undo_action, action_id=action.pk, by=staff)
    later = partial(
        snoozing.snooze_request,
        request_id=request.pk,
        by=colleague,
        until=timezone.now() + timedelta(days=1),
    )

    answers = at_once([act, act, later])

    undone = UndoableAction.objects.get().undone_at
    assert outcomes_of(answers[:2]) == {"UndoableAction" if undone else "ActionNotAllowed": 2}
    assert AuditEvent.objects.filter(type=Type.ACTION_UNDONE).count() == bool(undone)
