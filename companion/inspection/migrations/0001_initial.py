"""Roles, and the record of every look at a person's memories, to which the app can only add."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import APP_ROLE, Isolate

ROLES = [("support", "Support"), ("inspector", "Inspector"), ("administrator", "Administrator")]

# The person whose memories they are reads their own rows (the policy `own`); whoever audits says so for a transaction.
APPEND_ONLY = f"""
revoke update, delete, truncate on inspection_access from {APP_ROLE};
create policy audit on inspection_access for select to {APP_ROLE} using (
  current_setting('rosemary.audit', true) = 'on'
);
"""
NOT_APPEND_ONLY = "drop policy audit on inspection_access;"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("memory", "0001_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Office",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="office",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("role", models.CharField(choices=ROLES, max_length=13)),
                ("given_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "by_name",
                    models.CharField(help_text="their name and address as they were then", max_length=320),
                ),
                ("role", models.CharField(choices=ROLES, max_length=13)),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("closed", "Closed"),
                            ("overview", "Overview"),
                            ("figures", "Figures"),
                            ("memory", "Memory"),
                            ("recalls", "Recalls"),
                            ("tried", "Tried"),
                            ("retried", "Retried"),
                            ("erased", "Erased"),
                            ("taken back", "Taken Back"),
                            ("exported", "Exported"),
                            ("appointed", "Appointed"),
                            ("record", "Exported Record"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.TextField(blank=True, default="", help_text="of a visit; the person reads it"),
                ),
                (
                    "details",
                    models.JSONField(
                        default=dict, help_text="ids, numbers, and what was asked; nothing the person said"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="looks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="whose memories",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="accesses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="acts",
                        to="inspection.access",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "accesses",
                "indexes": [models.Index(fields=["owner", "-at"], name="looks_at_a_person")],
            },
        ),
        Isolate("inspection_access"),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
    ]
