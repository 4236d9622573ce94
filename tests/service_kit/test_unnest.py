"""Rows for several upserts, none of which sees a key twice."""

from service_kit.unnest import rounds


def test_what_has_one_key_keeps_its_order_over_the_rounds() -> None:
    rows = [{"id": key, "n": n} for n, key in enumerate("bab-cab")]

    found = [[(row["id"], row["n"]) for row in one] for one in rounds(rows, "id")]

    assert found == [[("-", 3), ("a", 1), ("b", 0), ("c", 4)], [("a", 5), ("b", 2)], [("b", 6)]]
    assert rounds([], "id") == []
