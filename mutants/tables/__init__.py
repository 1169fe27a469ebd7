"""The guards, by where they stand."""

from . import accounts, booking, browser, data, messaging, staff, start

MUTANTS = [
    *booking.MUTANTS,
    *messaging.MUTANTS,
    *data.MUTANTS,
    *accounts.MUTANTS,
    *staff.MUTANTS,
    *browser.MUTANTS,
    *start.MUTANTS,
]
