"""Which calendars count; whether a pair wants a link to meet at; whether working hours were given by somebody"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calendar", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counts", sa.Boolean(), nullable=False, server_default=sa.true()))

    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.add_column(sa.Column("conference", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hours_given", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("hours_given")

    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.drop_column("conference")

    with op.batch_alter_table("calendar", schema=None) as batch_op:
        batch_op.drop_column("counts")
