"""What has to hold after each step."""

from __future__ import annotations

from hypothesis.stateful import invariant

from shortlink.domain.callback import Callback, CallbackState
from shortlink.domain.invariants import check
from shortlink.domain.snapshot import Snapshot
from shortlink.storage import keys
from tests.chaos.model.history import History
from tests.chaos.model.known import BOUNDS, PLANNED, Known


class Checking(History):
    """The store beside the model."""

    @invariant()
    def every_message_is_as_the_model_says(self) -> None:
        known_messages = getattr(self, "known", {})
        snapshots = self.inspector.look_at(list(known_messages), now=self.now) if known_messages else []
        stored = self._plans(list(known_messages)) if known_messages else {}
        for snapshot, known in zip(snapshots, known_messages.values(), strict=True):
            assert check(snapshot, BOUNDS) == []
            message = snapshot.message
            assert message is not None
            assert known.final is None or message.status is known.final
            assert message.carrier_id == known.carrier_id
            self._check_plans(known, snapshot, stored[snapshot.code])
            if message.link is not None:
                assert message.link.first_click_at == known.first_click
                assert message.link.clicks == known.clicks
            self._check_callbacks(known, snapshot.callbacks)

    def _plans(self, codes: list[str]) -> dict[str, dict[str, int]]:
        names = ["y", *PLANNED.values()]
        pipe = self.store.pipeline(transaction=False)
        for code in codes:
            pipe.hmget(keys.record(code), names)
        rows = zip(codes, pipe.execute(), strict=True)
        return {code: {name: int(at) for name, at in zip(names, row, strict=True) if at} for code, row in rows}

    def _check_plans(self, known: Known, snapshot: Snapshot, stored: dict[str, int]) -> None:
        """What is planned is stored, and nothing brings it forward."""
        assert stored == known.planned
        due = {"y": snapshot.due_at} | {PLANNED[kind]: at for kind, at in snapshot.callbacks_due.items()}
        for name, at in known.planned.items():
            assert at <= self.now or (due[name] or 0) >= at, f"{name} was brought forward"

    def _check_callbacks(self, known: Known, callbacks: tuple[Callback, ...]) -> None:
        for callback in callbacks:
            assert callback.id == f"{known.message.id}-{callback.kind.name.lower()}"
            if callback.kind in known.delivered - known.reopened:
                assert callback.state is CallbackState.DELIVERED
