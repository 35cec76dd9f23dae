"""What a test of the promises found: counts that have a bound, figures that are published, and the sets behind them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A count or a time that may not exceed `most`; `examples` show what exceeded it."""

    name: str
    seen: float
    most: float
    examples: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.seen <= self.most

    def __str__(self) -> str:
        shown = f": {', '.join(self.examples)}" if self.examples else ""
        return f"{self.name} {self.seen:g} (at most {self.most:g}){shown}"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One test's result; filled while it runs."""

    test: str
    seed: int
    bounds: list[Bound] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    def none_of(self, name: str, found: Collection[str]) -> None:
        """Promise that a set is empty, and keep some of what is in it if it is not."""
        self.bounds.append(Bound(name=name, seen=len(found), most=0, examples=tuple(sorted(found)[:SHOWN])))

    def at_most(self, name: str, seen: float, most: float) -> None:
        """Promise that a figure has a bound."""
        self.bounds.append(Bound(name=name, seen=seen, most=most))

    def note(self, name: str, figure: object) -> None:
        """Keep a figure that has no bound."""
        self.figures[name] = f"{figure:g}" if isinstance(figure, float) else str(figure)

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept, in words."""
        return [str(bound) for bound in self.bounds if not bound.holds]

    def table(self) -> str:
        """Write everything down for people."""
        lines = [f"{self.test}  seed {self.seed}  {'BROKEN' if self.broken else 'kept'}"]
        lines += [f"  {'ok ' if bound.holds else 'NO '} {bound}" for bound in self.bounds]
        lines += [f"      {name}: {figure}" for name, figure in self.figures.items()]
        return "\n".join(lines)


def percentile(values: Collection[float], share: float) -> float:
    """Pick the value below which so large a share of the values lies; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
