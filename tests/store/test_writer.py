"""The one writer: what matters most goes next, each piece's fault is its own, and nothing is left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.store.writer import Priority, Writer


@pytest.fixture
def writer() -> Iterator[Writer]:
    made = Writer()
    yield made
    made.close()


def test_it_gives_back_what_the_work_returns(writer: Writer) -> None:
    assert writer.run(Priority.STAFF, lambda: 7) == 7


def test_a_fault_comes_back_to_who_asked_and_the_next_goes_on(writer: Writer) -> None:
    def wrong() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        writer.run(Priority.STAFF, wrong)
    assert writer.run(Priority.STAFF, lambda: "on") == "on"


def test_everything_runs_on_one_thread(writer: Writer) -> None:
    with ThreadPoolExecutor(8) as pool:
        threads = list(pool.map(lambda _: writer.run(Priority.PLAN, threading.current_thread), range(40)))
    assert len(set(threads)) == 1


def test_a_transaction_inside_a_transaction_is_refused(writer: Writer) -> None:
    """It would wait for itself for ever."""
    with pytest.raises(RuntimeError, match="inside a transaction"):
        writer.run(Priority.STAFF, lambda: writer.run(Priority.STAFF, lambda: None))


def _in_order(writer: Writer, asked: list[Priority]) -> list[int]:
    """The order in which work runs that was asked for, in this order, while the writer was busy."""
    busy, done = threading.Event(), []
    started = threading.Event()

    def hold() -> None:
        started.set()
        busy.wait(5)

    with ThreadPoolExecutor(len(asked) + 1) as pool:
        pool.submit(writer.run, Priority.STAFF, hold)
        started.wait(5)
        for number, priority in enumerate(asked):
            pool.submit(writer.run, priority, lambda n=number: done.append(n))
            while writer._waiting.qsize() <= number:
                threading.Event().wait(0.001)
        busy.set()
    return done


def test_an_inbound_stop_goes_before_everything_and_planning_last(writer: Writer) -> None:
    asked = [Priority.PLAN, Priority.STAFF, Priority.CLAIM, Priority.RECORD, Priority.INBOUND]
    assert _in_order(writer, asked) == [4, 3, 2, 1, 0]


def test_of_one_priority_the_first_to_come_goes_first(writer: Writer) -> None:
    assert _in_order(writer, [Priority.RECORD] * 5) == [0, 1, 2, 3, 4]


def test_closing_finishes_what_waits(writer: Writer) -> None:
    done: list[int] = []
    started = threading.Event()

    def slow() -> None:
        started.set()
        threading.Event().wait(0.1)
        done.append(1)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(writer.run, Priority.PLAN, slow)
        started.wait(5)
        writer.close()
    assert done == [1]


def test_closing_twice_is_harmless_and_it_can_be_used_again(writer: Writer) -> None:
    writer.run(Priority.STAFF, lambda: None)
    writer.close()
    writer.close()
    assert writer.run(Priority.STAFF, lambda: 1) == 1


def test_who_comes_while_it_closes_does_not_keep_it_from_ending(writer: Writer) -> None:
    """A job that ends after the others: its thread took the word to end that was meant for the first."""
    begun, go_on = threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        go_on.wait(5)

    first = threading.Thread(target=writer.run, args=(Priority.PLAN, held), daemon=True)
    first.start()
    assert begun.wait(5)
    closing = threading.Thread(target=writer.close, daemon=True)
    closing.start()
    while writer._thread is not None:
        time.sleep(0.001)
    assert writer.run(Priority.RECORD, lambda: 1) == 1
    time.sleep(0.05)  # whoever would take the word has taken it
    go_on.set()
    closing.join(5)
    assert not closing.is_alive()
