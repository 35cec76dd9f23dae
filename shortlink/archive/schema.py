"""The archive's tables, as the steps that made them: a file that stands at step n gets the steps after it."""

from __future__ import annotations

from typing import Final

from shortlink.archive.figure_schema import COSTS, FAILURES, FEWER_REASONS
from shortlink.archive.webhook_schema import HOLDS, MISSING_WEBHOOKS, SPARED_TRIES, WEBHOOK_TABLES
from shortlink.domain.durations import DAY_MS, HOUR_MS

_FIGURES: Final = """
    accepted INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, submitted INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, unconfirmed INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0, clicked INTEGER NOT NULL DEFAULT 0, clicks INTEGER NOT NULL DEFAULT 0,
    previews INTEGER NOT NULL DEFAULT 0, prefetches INTEGER NOT NULL DEFAULT 0, scanners INTEGER NOT NULL DEFAULT 0,
    heads INTEGER NOT NULL DEFAULT 0, unknowns INTEGER NOT NULL DEFAULT 0, callbacks INTEGER NOT NULL DEFAULT 0,
    callback_errors INTEGER NOT NULL DEFAULT 0, unsubscribed INTEGER NOT NULL DEFAULT 0,
    resubscribed INTEGER NOT NULL DEFAULT 0
"""

# Numbers stand for words that repeat in every row: `account` for a SID, `message` for a row of messages,
# `type` for an event's type. `day` counts UTC days since 1970, `hour` hours; every other time is in UTC ms.
_FIRST: Final = f"""
CREATE TABLE positions (stream TEXT PRIMARY KEY, id TEXT NOT NULL, entries INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE erasures (number TEXT PRIMARY KEY) WITHOUT ROWID; -- to be taken out of the files of past days, too
CREATE TABLE accounts (n INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE);

-- In the order in which they were kept. `day` is the day on which the store kept the event: a click that was spooled
-- while the store was away happened before (`at`), but must not change a day that is over.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, type INTEGER NOT NULL, at INTEGER NOT NULL,
    day INTEGER NOT NULL, account INTEGER NOT NULL, message INTEGER, recipient TEXT, sender TEXT, data TEXT NOT NULL);
CREATE INDEX events_by_type ON events (account, type);
CREATE INDEX events_by_message ON events (message) WHERE message IS NOT NULL;

-- What a day holds, so that nobody has to count. `moved` is 1 once its events are in a file.
CREATE TABLE days (
    account INTEGER NOT NULL, day INTEGER NOT NULL, type INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, count INTEGER NOT NULL, moved INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, day, type)) WITHOUT ROWID;

CREATE TABLE messages (
    n INTEGER PRIMARY KEY, code TEXT NOT NULL, id TEXT NOT NULL, account INTEGER NOT NULL, recipient TEXT NOT NULL,
    sender TEXT NOT NULL, tags TEXT NOT NULL, status TEXT NOT NULL, accepted_at INTEGER NOT NULL,
    submitted_at INTEGER, ended_at INTEGER, segments INTEGER NOT NULL, cost REAL NOT NULL, link TEXT,
    expires_at INTEGER, expired INTEGER NOT NULL DEFAULT 0, error TEXT, first_click_at INTEGER,
    clicks INTEGER NOT NULL DEFAULT 0, machine_hits INTEGER NOT NULL DEFAULT 0);
CREATE INDEX messages_by_code ON messages (code);
CREATE INDEX messages_by_time ON messages (account, accepted_at);
CREATE INDEX messages_by_status ON messages (account, status, accepted_at);
CREATE INDEX messages_by_recipient ON messages (account, recipient);
CREATE INDEX messages_clicked ON messages (account, accepted_at) WHERE first_click_at IS NOT NULL;
CREATE INDEX messages_to_expire ON messages (expires_at) WHERE expires_at IS NOT NULL AND expired = 0;
CREATE TABLE message_tags (
    account INTEGER NOT NULL, tag TEXT NOT NULL, accepted_at INTEGER NOT NULL, message INTEGER NOT NULL,
    PRIMARY KEY (account, tag, accepted_at, message)) WITHOUT ROWID;

-- `tag` is '' for all messages together.
CREATE TABLE hours (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, {_FIGURES},
    PRIMARY KEY (account, tag, at)) WITHOUT ROWID;
CREATE TABLE whole_days (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, {_FIGURES},
    PRIMARY KEY (account, tag, at)) WITHOUT ROWID;
CREATE TABLE delays (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, class INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (account, tag, at, class)) WITHOUT ROWID;
CREATE TABLE delay_days (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, class INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (account, tag, at, class)) WITHOUT ROWID;
CREATE TABLE targets (account INTEGER NOT NULL, day INTEGER NOT NULL, link TEXT NOT NULL, clicked INTEGER NOT NULL,
    clicks INTEGER NOT NULL, PRIMARY KEY (account, day, link)) WITHOUT ROWID;
"""

# Of the clicks, those of plain HTTP clients; what was counted before cannot be told apart any more.
_PLAIN_CLICKS: Final = """
ALTER TABLE hours ADD COLUMN plain_clicks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whole_days ADD COLUMN plain_clicks INTEGER NOT NULL DEFAULT 0;
"""

# The delivery log is read by the time at which each try began.
_TRIES_BY_TIME: Final = """
CREATE INDEX webhook_attempts_by_begin ON webhook_attempts (webhook, at);
"""

# Clicks by link and tag, by hour too, and of the delivered messages those that were clicked, in the hour of delivery.
# `targets` knew all tags together by day, which stays exact. The rest follows from the index of messages as far as it
# reaches: there every click of a message counts in the hour of the first.
_LINKS_BY_TAG: Final = f"""
CREATE TABLE link_hours (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, link TEXT NOT NULL,
    clicked INTEGER NOT NULL, clicks INTEGER NOT NULL, PRIMARY KEY (account, tag, at, link)) WITHOUT ROWID;
CREATE TABLE link_days (account INTEGER NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL, link TEXT NOT NULL,
    clicked INTEGER NOT NULL, clicks INTEGER NOT NULL, PRIMARY KEY (account, tag, at, link)) WITHOUT ROWID;
ALTER TABLE hours ADD COLUMN delivered_clicked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whole_days ADD COLUMN delivered_clicked INTEGER NOT NULL DEFAULT 0;
CREATE TEMP TABLE met AS
    SELECT m.account, t.tag, m.first_click_at AS clicked_at, m.clicks,
        CASE m.status WHEN 'd' THEN m.ended_at END AS delivered_at,
        substr(link, 1, min(instr(link || '?', '?'), instr(link || '#', '#')) - 1) AS link
    FROM messages m JOIN (
        SELECT n, '' AS tag FROM messages WHERE first_click_at IS NOT NULL UNION
        SELECT n, j.value FROM messages, json_each('[' || replace(json_quote(tags), ',', '","') || ']') j
        WHERE first_click_at IS NOT NULL) t ON t.n = m.n;
INSERT INTO link_hours
    SELECT account, tag, clicked_at / {HOUR_MS} * {HOUR_MS}, link, count(*), sum(clicks) FROM met
    WHERE link IS NOT NULL GROUP BY 1, 2, 3, 4;
INSERT INTO link_days
    SELECT account, tag, clicked_at / {DAY_MS} * {DAY_MS}, link, count(*), sum(clicks) FROM met
    WHERE link IS NOT NULL AND tag <> '' GROUP BY 1, 2, 3, 4;
INSERT INTO link_days SELECT account, '', day * {DAY_MS}, link, clicked, clicks FROM targets;
INSERT INTO hours (account, tag, at, delivered_clicked)
    SELECT account, tag, delivered_at / {HOUR_MS} * {HOUR_MS}, count(*) FROM met
    WHERE delivered_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET delivered_clicked = excluded.delivered_clicked;
INSERT INTO whole_days (account, tag, at, delivered_clicked)
    SELECT account, tag, delivered_at / {DAY_MS} * {DAY_MS}, count(*) FROM met
    WHERE delivered_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET delivered_clicked = excluded.delivered_clicked;
DROP TABLE met;
DROP TABLE targets;
"""

# Of the delivered messages, those that had a link to click. The index of messages tells, as far as it reaches; before,
# what was clicked had one.
_DELIVERED_LINKS: Final = f"""
ALTER TABLE hours ADD COLUMN delivered_linked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whole_days ADD COLUMN delivered_linked INTEGER NOT NULL DEFAULT 0;
CREATE TEMP TABLE linked AS
    SELECT m.account, t.tag, m.ended_at FROM messages m JOIN (
        SELECT n, '' AS tag FROM messages UNION
        SELECT n, j.value FROM messages, json_each('[' || replace(json_quote(tags), ',', '","') || ']') j) t
    ON t.n = m.n WHERE m.status = 'd' AND m.ended_at IS NOT NULL AND m.link IS NOT NULL;
INSERT INTO hours (account, tag, at, delivered_linked)
    SELECT account, tag, ended_at / {HOUR_MS} * {HOUR_MS}, count(*) FROM linked WHERE true GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET delivered_linked = excluded.delivered_linked;
INSERT INTO whole_days (account, tag, at, delivered_linked)
    SELECT account, tag, ended_at / {DAY_MS} * {DAY_MS}, count(*) FROM linked WHERE true GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET delivered_linked = excluded.delivered_linked;
DROP TABLE linked;
UPDATE hours SET delivered_linked = max(delivered_linked, delivered_clicked);
UPDATE whole_days SET delivered_linked = max(delivered_linked, delivered_clicked);
"""

# What tells one archive from another that is made in its place; 53 bits, which every reader of JSON keeps whole.
_IDENTITY: Final = """
INSERT INTO facts (name, value) VALUES ('identity', (random() & 9007199254740991) | 1);
"""

# Numbers and texts that came when those of their day were gone already; they would have stayed for good.
_LATE_NUMBERS: Final = f"""
UPDATE messages SET recipient = '' WHERE recipient <> ''
    AND accepted_at < (SELECT value + 1 FROM facts WHERE name = 'numbers') * {DAY_MS};
UPDATE events SET recipient = NULL WHERE account IN (SELECT n FROM accounts) AND type IN (8, 13, 14)
    AND day <= (SELECT value FROM facts WHERE name = 'numbers');
UPDATE events SET data = json_remove(data, '$.text') WHERE account IN (SELECT n FROM accounts) AND type = 8
    AND data LIKE '%"text"%' AND day <= (SELECT max(value) FROM facts WHERE name IN ('numbers', 'texts'));
"""

# Only ever add at the end.
STEPS: Final[tuple[str, ...]] = (
    _FIRST,
    WEBHOOK_TABLES,
    _PLAIN_CLICKS,
    _TRIES_BY_TIME,
    _LINKS_BY_TAG,
    _DELIVERED_LINKS,
    MISSING_WEBHOOKS,
    _IDENTITY,
    _LATE_NUMBERS,
    FAILURES,
    COSTS,
    HOLDS,
    FEWER_REASONS,
    SPARED_TRIES,
)
