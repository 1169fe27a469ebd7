import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peer_site.settings")
# Its pages are painted, too; all other requests pass.
application = StaticFilesHandler(get_wsgi_application())
