"""Which queue each Celery task waits in, so that one slow thing holds up nothing else.

Production runs a worker for each line of `deploy/worker`'s list; a worker that is started without
`--queues`, as on a laptop, takes them all.
"""

# Letters to people, which wait for a mail server.
MAIL = "mail"
# Letters to staff: danger, broken promises. Not behind a thousand reminders.
ALARMS = "alarms"
# What only asks Postgres, in well under a second: whatever names no other queue.
SWEEPS = "sweeps"
# Counselors' calendars, which wait for servers of others.
CALENDARS = "calendars"
# What may take minutes and is in no hurry.
HOUSEKEEPING = "housekeeping"

NAMES = (MAIL, ALARMS, SWEEPS, CALENDARS, HOUSEKEEPING)
QUEUES = {name: {"exchange": name, "routing_key": name} for name in NAMES}
ROUTES = {
    "admissions.alerts.tasks.*": {"queue": ALARMS},
    "admissions.booking.tasks.tell_of_talks_soon": {"queue": ALARMS},
    "admissions.messaging.tasks.ring_alarms": {"queue": ALARMS},
    "admissions.messaging.tasks.send_messages": {"queue": MAIL},
    "admissions.messaging.tasks.send_abandoned_message": {"queue": MAIL},
    "admissions.calendars.tasks.*": {"queue": CALENDARS},
    "admissions.privacy.tasks.*": {"queue": HOUSEKEEPING},
    "admissions.accounts.tasks.*": {"queue": HOUSEKEEPING},
    "admissions.rate_limits.tasks.*": {"queue": HOUSEKEEPING},
    "admissions.installation.tasks.*": {"queue": HOUSEKEEPING},
    "admissions.audit.tasks.make_audit_partitions": {"queue": HOUSEKEEPING},
    # It waits for a server of others too.
    "admissions.operations.tasks.call_dead_mans_switch": {"queue": CALENDARS},
    "admissions.operations.tasks.*": {"queue": HOUSEKEEPING},
}
# Seconds after which a worker of processes kills a task that hangs; its row is taken up again.
# Threads, as on a laptop, cannot be killed.
TIME_LIMIT = 300
