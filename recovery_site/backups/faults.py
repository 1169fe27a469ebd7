"""What went wrong with a backup, in one line for whoever runs the servers."""


class BackupFault(Exception):
    """Nothing was written under a final name, and no database was changed."""
