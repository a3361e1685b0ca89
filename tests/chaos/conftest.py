"""Ground for the short forms: one nursery and, where one is needed, one server of PostgreSQL a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.ground import Ground


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("chaos")) as made:
        yield made
