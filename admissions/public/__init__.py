"""The requester's pages: forms, session, addresses."""
