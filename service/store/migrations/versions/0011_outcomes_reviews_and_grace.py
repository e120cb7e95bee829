"""Private marks, reviews, last meetings, hand-over notes, drift offers; objectives with an id and a review date"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from ulid import ULID

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PAIR = sa.table("pair", sa.column("id", sa.String()), sa.column("objectives", sa.JSON()))


def upgrade() -> None:
    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_step", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("next_step_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("sessions_agreed", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("sessions_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("review_due_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("changing", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("farewell", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("farewell_until", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_pair_review_due_at"), ["review_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_pair_farewell_until"), ["farewell_until"], unique=False)
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outcome_asked", sa.Integer(), nullable=False, server_default="-1"))
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pair_id", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_mail_pair_id"), ["pair_id"], unique=False)
    op.create_table(
        "worth_mark",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("worth", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("meeting_id", "person_id"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("agreed", sa.String(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "review_choice",
        sa.Column("review_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("review_id", "person_id"),
    )
    op.create_table(
        "farewell_wish",
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("wish", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("pair_id", "person_id"),
    )
    op.create_table(
        "handover_note",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "drift_offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pair_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, column in (
        ("worth_mark", "person_id"),
        ("review", "pair_id"),
        ("review", "closes_at"),
        ("review_choice", "person_id"),
        ("farewell_wish", "person_id"),
        ("handover_note", "pair_id"),
        ("drift_offer", "pair_id"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)
    _rewrite(lambda item: {"id": f"obj_{str(ULID()).lower()}", "text": item} if isinstance(item, str) else item)


def downgrade() -> None:
    _rewrite(lambda item: item["text"] if isinstance(item, dict) else item)
    for table in ("drift_offer", "handover_note", "farewell_wish", "review_choice", "review", "worth_mark"):
        op.drop_table(table)
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_pair_id"))
        batch_op.drop_column("pair_id")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_column("outcome_asked")
    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pair_farewell_until"))
        batch_op.drop_index(batch_op.f("ix_pair_review_due_at"))
        batch_op.drop_column("farewell_until")
        batch_op.drop_column("farewell")
        batch_op.drop_column("changing")
        batch_op.drop_column("review_due_at")
        batch_op.drop_column("sessions_since")
        batch_op.drop_column("sessions_agreed")
        batch_op.drop_column("next_step_at")
        batch_op.drop_column("next_step")


def _rewrite(change: Any) -> None:
    """Gives every pair's objectives their other shape."""
    connection = op.get_bind()
    for pair_id, objectives in connection.execute(sa.select(PAIR.c.id, PAIR.c.objectives)).all():
        items = json.loads(objectives) if isinstance(objectives, str) else objectives
        if items:
            made = [change(item) for item in items]
            connection.execute(sa.update(PAIR).where(PAIR.c.id == pair_id).values(objectives=made))
