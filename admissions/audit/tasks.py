"""Seals the audit events that wait."""

from celery import shared_task

from . import seal_chain


@shared_task
def seal_audit() -> int:
    """Seal the events that wait, however many do this at once; returns how many seals."""
    return seal_chain.seal_waiting_events()
