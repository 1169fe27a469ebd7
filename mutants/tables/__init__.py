"""The guards, by where they stand.

One behind which a second stands is not here, as no test can miss it: what a new password ends, for
example, Django would end too.
"""

from . import (
    accounts,
    alarms,
    backups,
    booking,
    browser,
    data,
    lookups,
    messaging,
    operations,
    phone_line,
    staff,
    start,
    undo,
)

MUTANTS = [
    *booking.MUTANTS,
    *lookups.MUTANTS,
    *messaging.MUTANTS,
    *alarms.MUTANTS,
    *phone_line.MUTANTS,
    *data.MUTANTS,
    *accounts.MUTANTS,
    *staff.MUTANTS,
    *undo.MUTANTS,
    *browser.MUTANTS,
    *start.MUTANTS,
    *backups.MUTANTS,
    *operations.MUTANTS,
]
