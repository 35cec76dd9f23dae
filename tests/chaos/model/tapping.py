"""Whoever opens the links: people, previews, scanners."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.storage.links import Standing
from tests.chaos.model.history import History, codes
from tests.chaos.model.known import in_time


class Tapping(History):
    """What taps do."""

    @rule(
        code=codes,
        verdict=st.sampled_from([Verdict.HUMAN, Verdict.HUMAN, *Verdict]),
        late=st.sampled_from([0] * 7 + [91 * DAY_MS]),
    )
    def tap(self, code: str, verdict: Verdict, late: int) -> None:
        known = self.known[code]
        at = self.now + late
        spends = verdict in (Verdict.HUMAN, Verdict.UNKNOWN)
        judgement = Judgement(verdict=verdict, rule="model")
        followed = in_time(lambda: self.links.follow(code, judgement, spends=spends, callback_ms=0, now=at))
        if known.message.link is None:
            assert followed.standing is Standing.UNKNOWN
        elif at >= known.accepted_at + 90 * DAY_MS:
            assert followed.standing is Standing.GONE
        else:
            assert followed.link == known.message.link.link
            known.clicks += spends
            if spends and known.first_click is None:
                known.first_click = at
