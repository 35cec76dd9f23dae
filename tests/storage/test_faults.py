"""What the store's errors mean: a store that changes its role under a waiting client is away, not broken."""

from __future__ import annotations

import threading

import pytest

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.connection import Store, connect
from tests.supervisor.processes import wait_until


def test_a_wait_that_a_change_of_roles_ends_is_trouble_of_the_store(valkey_url: str, client: Store) -> None:
    waiting = connect(valkey_url)
    number = waiting.client_id()

    def unblock() -> None:
        wait_until(lambda: client.client_unblock(number, error=True))

    thread = threading.Thread(target=unblock)
    thread.start()
    with pytest.raises(StoreUnavailable):
        waiting.blpop(["nothing"], timeout=10)
    thread.join()
