"""iCalendar out (invitations, feeds) and in (busy times), with a safe fetch."""
