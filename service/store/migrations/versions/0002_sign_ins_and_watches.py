"""Sign-ins and watches"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("keep", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_calendar_id"), ["calendar_id"], unique=False)

    op.create_table(
        "watch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watch_calendar_id"), ["calendar_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_watch_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("calendar", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refreshing_until", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mentor_answer", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("mentee_answer", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("mentee_answer")
        batch_op.drop_column("mentor_answer")

    with op.batch_alter_table("calendar", schema=None) as batch_op:
        batch_op.drop_column("refreshing_until")

    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watch_expires_at"))
        batch_op.drop_index(batch_op.f("ix_watch_calendar_id"))

    op.drop_table("watch")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_calendar_id"))

    op.drop_table("sign_in")
