"""What services raise when they refuse. Each carries a sentence for the person who asked."""


class ActionNotAllowed(Exception):
    """The action is refused as things stand; nothing is saved."""


class MoveNotAllowed(ActionNotAllowed):
    """The table of stages or statuses does not permit this change."""


class ChangedMeanwhile(Exception):
    """Someone else has changed what this change was based on; nothing is saved."""


class SlotTaken(Exception):
    """No fitting counselor is free at this time any more."""
