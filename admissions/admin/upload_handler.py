"""What becomes of a file in the body of a request."""

from typing import IO, Any

from django.core.files.uploadhandler import MemoryFileUploadHandler


class StaffUploadHandler(MemoryFileUploadHandler):
    """Takes a file into memory for staff who are signed in; anyone else's is as good as not sent.

    Many megabytes at once from whoever has no account would fill the memory of the web process.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        meta: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> Any:
        super().handle_raw_input(input_data, meta, content_length, boundary, encoding)
        user = getattr(self.request, "user", None)
        self.activated = self.activated and user is not None and user.is_staff
