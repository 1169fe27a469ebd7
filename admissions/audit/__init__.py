"""What was done and seen: events, the access log, and the chain of seals that shows tampering."""
