"""A state moves along its table, in Postgres as in code; an undo alone goes back."""

from typing import Any

import pgtrigger


class MovesOrUndo(pgtrigger.FSM):
    """Refuses every move that the table does not name, unless this very transaction undoes it.

    `undone` is SQL over the row `act` of an undoable action: whether that was the step from the
    NEW state to the OLD one.
    """

    def __init__(self, *, undone: str, **options: Any) -> None:
        self.undone = undone
        super().__init__(**options)

    def get_func(self, model: Any) -> str:
        return f"""
            IF OLD.{self.field} IS DISTINCT FROM NEW.{self.field} AND EXISTS (
                SELECT FROM admissions_undoableaction act
                WHERE act.undone_in = txid_current() AND {self.undone}
            ) THEN
                RETURN NEW;
            END IF;
            {super().get_func(model)}
        """
