"""The next bundle of a person is found by index; proposals about a meeting by one index instead of two"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ABOUT, _PLANNED = sa.text("meeting_id IS NOT NULL"), sa.text("due_at IS NOT NULL")
_COLUMNS = ["meeting_id", "purpose", "about_sequence"]


def upgrade() -> None:
    op.drop_index("ix_proposal_meeting_id", table_name="proposal")
    op.drop_index("ix_proposal_about", table_name="proposal")
    op.create_index(
        "ix_proposal_about", "proposal", _COLUMNS, unique=True, sqlite_where=_ABOUT, postgresql_where=_ABOUT
    )
    op.drop_index("ix_ask_due_at", table_name="ask")
    op.create_index("ix_ask_due", "ask", ["due_at", "person_id"], sqlite_where=_PLANNED, postgresql_where=_PLANNED)
    op.create_index("ix_ask_planned", "ask", ["person_id", "due_at"], sqlite_where=_PLANNED, postgresql_where=_PLANNED)


def downgrade() -> None:
    op.drop_index("ix_ask_due", table_name="ask", sqlite_where=_PLANNED, postgresql_where=_PLANNED)
    op.create_index("ix_ask_due_at", "ask", ["due_at"])
    op.drop_index("ix_ask_planned", table_name="ask", sqlite_where=_PLANNED, postgresql_where=_PLANNED)
    op.drop_index("ix_proposal_about", table_name="proposal", sqlite_where=_ABOUT, postgresql_where=_ABOUT)
    op.create_index("ix_proposal_about", "proposal", _COLUMNS, unique=True)
    op.create_index("ix_proposal_meeting_id", "proposal", ["meeting_id"])
