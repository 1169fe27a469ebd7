"""Keys of backups, in the format of age: the public half makes them, the private half opens them.

BACKUP_RECIPIENTS holds public halves, BACKUP_KEY_FILE names a file with the private one. A laptop
has a pair of its own; in production the private half is made, and stays, on another machine.
"""

import os
from pathlib import Path

import pyrage
from django.conf import settings

from .faults import BackupFault

LAPTOP_KEY = "backup-key.txt"
PRIVATE_PREFIX = "AGE-SECRET-KEY-"


def make_key(path: Path) -> str:
    """Write a new private key, for its owner alone; return its public half."""
    key = pyrage.x25519.Identity.generate()
    recipient = str(key.to_public())
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as trouble:
        raise BackupFault(f"{path} was not written: {trouble.strerror}.") from None
    with os.fdopen(file, "w") as lines:
        lines.write(f"# public key: {recipient}\n{key}\n")
    return recipient


def read_recipients() -> list[pyrage.x25519.Recipient]:
    """For whom backups are encrypted; each of them can open one alone."""
    texts = os.environ.get("BACKUP_RECIPIENTS", "").replace(",", " ").split()
    if not texts and not settings.PRODUCTION:
        return [key.to_public() for key in read_keys(laptop_key())]
    if not texts:
        raise BackupFault(
            "BACKUP_RECIPIENTS is not set: run manage.py make_backup_key on another machine, and"
            " name here the public key that it prints."
        )
    try:
        return [pyrage.x25519.Recipient.from_str(each) for each in texts]
    except pyrage.RecipientError:
        raise BackupFault("BACKUP_RECIPIENTS must hold public keys that begin with age1.") from None


def laptop_key() -> Path:
    """The key beside a laptop's data, made the first time."""
    path = settings.VAR / LAPTOP_KEY
    if not path.exists():
        make_key(path)
    return path


def find_key_file(named: Path | None) -> Path | None:
    """The file with the private key: as asked for, as set, or the laptop's; None where none is."""
    if named or os.environ.get("BACKUP_KEY_FILE"):
        return named or Path(os.environ["BACKUP_KEY_FILE"])
    path = settings.VAR / LAPTOP_KEY
    return path if path.exists() and not settings.PRODUCTION else None


def read_keys(path: Path) -> list[pyrage.x25519.Identity]:
    """The private keys in a file of age-keygen or of ours."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        found = [line for line in lines if line.startswith(PRIVATE_PREFIX)]
        keys = [pyrage.x25519.Identity.from_str(line) for line in found]
    except (OSError, ValueError, pyrage.IdentityError):
        keys = []
    if not keys:
        raise BackupFault(f"{path} holds no private key: one line that begins {PRIVATE_PREFIX}1.")
    return keys
