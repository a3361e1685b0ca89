"""Ids: in order, unique, and fit for a 64-bit column; those for URLs cannot be guessed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bot.store.ids import new_id, public_id


def test_ids_rise_and_fit_a_64_bit_column() -> None:
    ids = [new_id() for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert 0 < ids[-1] < 2**63


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: new_id(), range(4000)))
    assert len(set(ids)) == 4000


def test_public_ids_are_random_and_fit_their_column() -> None:
    ids = {public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {32}
