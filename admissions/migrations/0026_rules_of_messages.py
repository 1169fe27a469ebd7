"""When each kind of follow-up goes, until a director says otherwise."""

from datetime import timedelta

from django.db import migrations

MINUTES, HOURS, DAYS = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
RULES = {
    # Before the start, if it was booked more than so far ahead.
    "reminder_day": (24 * HOURS, 36 * HOURS),
    "reminder_hours": (2 * HOURS, 4 * HOURS),
    # After the consultation, a no-show, a first try without an answer.
    "after_completed": (1 * DAYS, None),
    "after_no_show": (1 * HOURS, None),
    "no_show_2": (1 * DAYS, None),
    "no_show_3": (7 * DAYS, None),
    "no_contact_1": (1 * DAYS, None),
    "no_contact_2": (4 * DAYS, None),
    "no_contact_3": (10 * DAYS, None),
    # After a promised call was tried, and after the time that we had promised.
    "callback_kept": (1 * HOURS, None),
    "callback_missed": (10 * MINUTES, None),
    "callback_late": (10 * MINUTES, None),
    # For staff: before and after the time that we had promised, and after a shortage began.
    "staff_promise_near": (2 * MINUTES, None),
    "staff_promise_broken": (5 * MINUTES, None),
    "staff_escalated": (10 * MINUTES, None),
    "staff_digest": (1 * DAYS, None),
    "staff_shortage": (1 * HOURS, None),
}


def add_rules(apps, schema_editor):
    rules = apps.get_model("admissions", "MessageRule")
    rules.objects.bulk_create(
        rules(kind=kind, delay=delay, needs_lead=lead) for kind, (delay, lead) in RULES.items()
    )


class Migration(migrations.Migration):
    dependencies = [("admissions", "0025_message_ledger")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
