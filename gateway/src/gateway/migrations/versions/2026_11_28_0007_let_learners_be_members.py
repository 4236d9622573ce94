"""Learners are members too, with no rights in the organization's name."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_memberships_roles"), "memberships", type_="check")
    op.create_check_constraint(
        op.f("ck_memberships_roles"),
        "memberships",
        "roles <@ ARRAY['owner', 'issuer', 'catalog_editor', 'auditor', 'verifier', 'learner'] "
        "AND cardinality(roles) > 0",
    )
