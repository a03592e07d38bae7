"""Runs the steps on the connection that it is given, inside the caller's transaction."""

from alembic import context

from service.reviews.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
