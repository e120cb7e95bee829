"""When a calendar that fails is looked at again; times proposed with an answer to an invitation"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calendar", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retry_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mentor_proposed", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("mentee_proposed", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("mentee_proposed")
        batch_op.drop_column("mentor_proposed")

    with op.batch_alter_table("calendar", schema=None) as batch_op:
        batch_op.drop_column("retry_at")
