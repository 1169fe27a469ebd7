"""What colleagues do to each other's accounts: invite, give roles, and agree to what takes two."""
