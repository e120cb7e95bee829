"""What looks at people's free time saw, and how often their hours fill up"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("churn", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("churn_table", sa.LargeBinary(), nullable=True))
    op.create_table(
        "churn",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("next_look_at", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("calendars", sa.Text(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=True),
        sa.Column("looks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index("ix_churn_next_look_at", "churn", ["next_look_at"])
    # Who is here already is looked at from now on.
    person = sa.table("person", sa.column("id", sa.String), sa.column("erased_at", sa.BigInteger))
    nothing = sa.literal(b"", sa.LargeBinary)
    rows = sa.select(person.c.id, sa.literal(0), sa.literal(""), sa.literal(""), nothing)
    names = ["person_id", "next_look_at", "zone", "calendars", "looks"]
    churn = sa.table("churn", *(sa.column(name) for name in names))
    op.execute(sa.insert(churn).from_select(names, rows.where(person.c.erased_at.is_(None))))


def downgrade() -> None:
    op.drop_index("ix_churn_next_look_at", table_name="churn")
    op.drop_table("churn")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("churn_table")
        batch_op.drop_column("churn")
