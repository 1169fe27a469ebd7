"""Crisis lines: what an editor asks for, and the page on which a second person decides."""
