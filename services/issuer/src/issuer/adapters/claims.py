"""Work that is taken for a while, by a process that may die with it."""

TAKE = "taken_until = :until, taken_by = pg_backend_pid(), taken_by_until = :until"
# Taken by nobody, for no longer, or over a connection that has ended: whoever took it has died, and will not do it. One
# that only lost its connection does the same as who takes it next, and what follows is stored once. A number that
# another connection has by now leaves the work taken for its while; so does one that an earlier claim wrote, for the
# release before takes work without a number.
IS_FREE = """(taken_until <= :now OR (taken_by_until = taken_until
 AND taken_by <> ALL (ARRAY(SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL))))"""
