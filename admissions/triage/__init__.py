"""What staff do to a request, in what order it waits, and what comes next."""
