"""Steps between schemas, run by Alembic."""
