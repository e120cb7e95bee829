"""What people are asked, in bundles, by rules they can set"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PREFERENCES = (("mails_per_week", "3"), ("quiet_from", "1200"), ("quiet_until", "480"))


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        for name, value in PREFERENCES:
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=value))
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default="en"))

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asks", sa.Boolean(), nullable=False, server_default=sa.false()))

    op.create_table(
        "ask",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("useless_after", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("mail_id", sa.String(), nullable=True),
        sa.Column("mailed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "kind", "about"),
    )
    with op.batch_alter_table("ask", schema=None) as batch_op:
        batch_op.create_index("ix_ask_person", ["person_id", "closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ask_about"), ["about"], unique=False)
        batch_op.create_index(batch_op.f("ix_ask_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ask_pair_id"), ["pair_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ask")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_column("asks")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("language")
        for name, _ in reversed(PREFERENCES):
            batch_op.drop_column(name)
