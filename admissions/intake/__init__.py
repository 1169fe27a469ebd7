"""The request: its stages, contact plan, consents, links, idempotency and service levels."""
