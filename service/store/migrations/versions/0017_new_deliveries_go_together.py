"""New deliveries of an endpoint are taken along by one job, and found by index"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    op.add_column("webhook_endpoint", sa.Column("served", sa.Boolean(), nullable=False, server_default=sa.false()))
    columns = ["endpoint_id", "id"]
    op.drop_index("ix_webhook_delivery_endpoint_id", table_name="webhook_delivery")
    op.create_index("ix_webhook_delivery_log", "webhook_delivery", columns)
    op.create_index(
        "ix_webhook_delivery_pending", "webhook_delivery", columns, sqlite_where=_PENDING, postgresql_where=_PENDING
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_delivery_pending", table_name="webhook_delivery")
    op.drop_index("ix_webhook_delivery_log", table_name="webhook_delivery")
    op.create_index("ix_webhook_delivery_endpoint_id", "webhook_delivery", ["endpoint_id"])
    op.drop_column("webhook_endpoint", "served")
