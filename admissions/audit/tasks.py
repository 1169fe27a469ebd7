"""Seals the audit events that wait, and makes the partitions that they will stand in."""

from celery import shared_task

from . import archives, seal_chain


@shared_task
def seal_audit() -> int:
    """Seal the events that wait, however many do this at once; returns how many seals."""
    return seal_chain.seal_waiting_events()


@shared_task(expires=3000)
def make_audit_partitions() -> int:
    """Make those of a year ahead; safe to repeat, returns how many are new."""
    return archives.make_partitions()
