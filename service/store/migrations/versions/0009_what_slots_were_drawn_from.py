"""What each slot of a proposal was drawn from, and which version of the model ranked it"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("model", sa.String(), nullable=True))
    with op.batch_alter_table("proposal_slot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("among", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("proposal_slot", schema=None) as batch_op:
        batch_op.drop_column("among")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_column("model")
