"""The staff's Django admin: its site, its dashboard, and a folder of pages a room.

Importing this package registers nothing, since Django finds the site within it: the
pages register when AdmissionsConfig imports `pages`.
"""
