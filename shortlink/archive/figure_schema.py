"""Figures that were added later; steps of the archive's schema."""

from __future__ import annotations

from typing import Final

from shortlink.domain.durations import DAY_MS, HOUR_MS

# Why messages failed. The index of messages tells, as far as it reaches.
FAILURES: Final = f"""
CREATE TABLE failure_hours (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (account, tag, at, reason)) WITHOUT ROWID;
CREATE TABLE failure_days (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (account, tag, at, reason)) WITHOUT ROWID;
CREATE TEMP TABLE failed AS
    SELECT m.account, t.tag, m.ended_at, m.error FROM messages m JOIN (
        SELECT n, '' AS tag FROM messages WHERE status IN ('f', 'n') UNION
        SELECT n, j.value FROM messages, json_each('[' || replace(json_quote(tags), ',', '","') || ']') j
        WHERE status IN ('f', 'n')) t
    ON t.n = m.n WHERE m.ended_at IS NOT NULL AND length(m.error) BETWEEN 1 AND 40;
INSERT INTO failure_hours
    SELECT account, tag, ended_at / {HOUR_MS} * {HOUR_MS}, error, count(*) FROM failed GROUP BY 1, 2, 3, 4;
INSERT INTO failure_days
    SELECT account, tag, ended_at / {DAY_MS} * {DAY_MS}, error, count(*) FROM failed GROUP BY 1, 2, 3, 4;
DROP TABLE failed;
"""

# Segments and cost of the messages accepted, in millionths. The index of messages tells, as far as it reaches; those of
# its messages whose acceptance was never archived count too, as nothing there tells them apart.
COSTS: Final = f"""
ALTER TABLE hours ADD COLUMN segments INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hours ADD COLUMN cost_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whole_days ADD COLUMN segments INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whole_days ADD COLUMN cost_micros INTEGER NOT NULL DEFAULT 0;
CREATE TEMP TABLE paid AS
    SELECT m.account, t.tag, m.accepted_at, m.segments, CAST(round(m.cost * 1000000) AS INTEGER) AS cost
    FROM messages m JOIN (
        SELECT n, '' AS tag FROM messages UNION
        SELECT n, j.value FROM messages, json_each('[' || replace(json_quote(tags), ',', '","') || ']') j) t
    ON t.n = m.n;
INSERT INTO hours (account, tag, at, segments, cost_micros)
    SELECT account, tag, accepted_at / {HOUR_MS} * {HOUR_MS}, sum(segments), sum(cost) FROM paid
    WHERE true GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET segments = excluded.segments, cost_micros = excluded.cost_micros;
INSERT INTO whole_days (account, tag, at, segments, cost_micros)
    SELECT account, tag, accepted_at / {DAY_MS} * {DAY_MS}, sum(segments), sum(cost) FROM paid
    WHERE true GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET segments = excluded.segments, cost_micros = excluded.cost_micros;
DROP TABLE paid;
"""

# A day keeps the fifty most frequent reasons of each tag (see archive/failures.py); what the index told had no bound.
FEWER_REASONS: Final = f"""
DELETE FROM failure_days WHERE (account, tag, at, reason) IN (
    SELECT account, tag, at, reason FROM (SELECT account, tag, at, reason,
        row_number() OVER (PARTITION BY account, tag, at ORDER BY count DESC, reason) AS place FROM failure_days)
    WHERE place > 50);
DELETE FROM failure_hours WHERE NOT EXISTS (SELECT 1 FROM failure_days d
    WHERE d.account = failure_hours.account AND d.tag = failure_hours.tag
    AND d.at = failure_hours.at / {DAY_MS} * {DAY_MS} AND d.reason = failure_hours.reason);
"""
