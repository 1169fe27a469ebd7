"""Counselors, hours, closures, absences, the calendar and bookings by staff."""
