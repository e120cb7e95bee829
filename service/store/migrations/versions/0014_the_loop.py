"""The loop: rules, looks, fallbacks, what a proposal is for"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_slot",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hold_probability", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.PrimaryKeyConstraint("meeting_id", "person_id"),
    )
    with op.batch_alter_table("held_slot", schema=None) as batch_op:
        batch_op.create_index("ix_held_slot_person_time", ["person_id", "start"], unique=False)
        batch_op.create_index(batch_op.f("ix_held_slot_pair_id"), ["pair_id"], unique=False)

    op.create_table(
        "pair_loop",
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("slipping", sa.Boolean(), nullable=False),
        sa.Column("drifting", sa.Boolean(), nullable=False),
        sa.Column("mentor_auto_confirm", sa.Boolean(), nullable=False),
        sa.Column("mentee_auto_confirm", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.PrimaryKeyConstraint("pair_id"),
    )
    with op.batch_alter_table("pair_loop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pair_loop_look_at"), ["look_at"], unique=False)
    op.execute(
        "INSERT INTO pair_loop (pair_id, look_at, turn, slipping, drifting, mentor_auto_confirm, mentee_auto_confirm) "
        "SELECT id, 0, 0, false, false, false, false FROM pair"
    )

    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rules", sa.JSON(), nullable=False, server_default="{}"))

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose", sa.String(), nullable=False, server_default="next"))
        batch_op.add_column(sa.Column("meeting_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("about_sequence", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("nudge_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_proposal_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_nudge_at"), ["nudge_at"], unique=False)
        batch_op.create_index("ix_proposal_about", ["meeting_id", "purpose", "about_sequence"], unique=True)
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scored_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("scored_probability", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("cared_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("cared_at")
        batch_op.drop_column("scored_probability")
        batch_op.drop_column("scored_at")

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_proposal_about")
        batch_op.drop_index(batch_op.f("ix_proposal_nudge_at"))
        batch_op.drop_index(batch_op.f("ix_proposal_meeting_id"))
        batch_op.drop_column("nudge_at")
        batch_op.drop_column("about_sequence")
        batch_op.drop_column("meeting_id")
        batch_op.drop_column("purpose")

    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.drop_column("rules")

    op.drop_table("pair_loop")
    op.drop_table("held_slot")
