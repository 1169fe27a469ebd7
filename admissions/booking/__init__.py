"""What makes, moves and ends a consultation."""
