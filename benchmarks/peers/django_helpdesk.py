"""django-helpdesk's bare `Ticket.objects.create` on our SQLite settings, or with "as-installed" on its own.

Runs in the Python of its own environment. Reads a count a line on stdin, and answers with the seconds
that many tickets took, one durable commit each.
"""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

OURS = {
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    "transaction_mode": "IMMEDIATE",
}


def main(folder: Path, options: dict[str, str]) -> None:
    """Set up, say "ready VERSION", serve."""
    settings.configure(**_settings(folder, options))
    django.setup()
    call_command("migrate", verbosity=0)
    from helpdesk.models import Queue, Ticket

    queue = Queue.objects.create(title="monitoring", slug="monitoring")
    print("ready", ".".join(map(str, django.VERSION[:3])), flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        for place in range(int(line)):
            now = datetime.now(UTC)
            Ticket.objects.create(
                queue=queue,
                title=f"FJ-{place:08d}",
                description="“推进全市河湖长制工作高质量发展”一文中，“水利部们”疑似错别字，建议改为“水利部门”。",
                due_date=now + timedelta(days=1),
            )
        print(time.perf_counter() - started, flush=True)


def _settings(folder: Path, options: dict[str, str]) -> dict[str, object]:
    apps = ("auth", "contenttypes", "sessions", "sites", "admin", "messages", "humanize")
    return {
        "SECRET_KEY": os.urandom(16).hex(),
        "USE_TZ": True,
        "SITE_ID": 1,
        "INSTALLED_APPS": [*(f"django.contrib.{one}" for one in apps), "rest_framework", "helpdesk"],
        "ROOT_URLCONF": "helpdesk.urls",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "helpdesk.sqlite3"),
                "OPTIONS": options,
            }
        },
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        "HELPDESK_ACTIVATE_API_ENDPOINT": False,
        # As its documentation says for use without pinax-teams.
        "HELPDESK_TEAMS_MODEL": "auth.User",
        "HELPDESK_TEAMS_MIGRATION_DEPENDENCIES": [],
        "HELPDESK_KBITEM_TEAM_GETTER": lambda _: None,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), {} if sys.argv[2:] == ["as-installed"] else OURS)
