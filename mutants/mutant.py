"""One guard, and how to take it away."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`old` stands once in the file of `path`; with `new` in its place one of `tests` fails."""

    name: str  # what no longer holds
    kind: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]  # "file::test", below tests/

    @property
    def test_ids(self) -> list[str]:
        return [f"tests/{each}" for each in self.tests]

    def apply_to(self, text: str) -> str:
        """The text without the guard; ValueError where the guard is not found exactly once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} holds this {text.count(self.old)} times: {self.old}")
        return text.replace(self.old, self.new)
