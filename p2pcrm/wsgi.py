"""The web process: pages, API and admin under WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "p2pcrm.settings.production")

application = get_wsgi_application()
