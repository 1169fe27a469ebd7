"""What we promise of mail, while workers die, Redis vanishes and the mail server misbehaves."""
