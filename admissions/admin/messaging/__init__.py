"""The outbox, the rules of messages, their templates, whom not to write to."""
