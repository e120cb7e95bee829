"""What the rounds look for is found by index: open proposals by their end, paused pairs by the end of their pause"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_expires_at"))
        batch_op.create_index("ix_proposal_due", ["status", "expires_at"], unique=False)
    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pair_paused_until"), ["paused_until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pair_paused_until"))
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_proposal_due")
        batch_op.create_index(batch_op.f("ix_proposal_expires_at"), ["expires_at"], unique=False)
