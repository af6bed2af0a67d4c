"""Before any table: the extension, and the roles that row-level security holds."""

from typing import ClassVar

from django.db import migrations
from pgvector.django import VectorExtension

from memory.isolation import CreateRoles


class Migration(migrations.Migration):
    initial = True
    operations: ClassVar = [VectorExtension(), CreateRoles()]
