"""Erase a number from everything the simulator keeps; also as a program, for while no simulator runs.

`python -m shortlink.simulator.erasure FILE` reads the number from its standard input, so that it stands in no list of
processes, and prints how many messages and callbacks went.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

from shortlink.simulator.database import Database


def erase_number(database: Database, number: str) -> dict[str, int]:
    """Delete the messages to a number (E.164), their taps and steps, and every received callback that names it."""
    digits = number.removeprefix("+")
    if not digits:
        return {"messages": 0, "callbacks": 0}
    with database.write() as rows:
        for table in ("steps", "taps"):
            rows.execute(
                f"DELETE FROM {table} WHERE sid IN (SELECT sid FROM messages WHERE recipient = ?)",  # noqa: S608
                (number,),
            )
        callbacks = rows.execute(
            "DELETE FROM callbacks WHERE instr(CAST(body AS TEXT), ?) OR instr(query, ?) OR instr(path, ?)",
            (digits, digits, digits),
        ).rowcount
        rows.execute("DELETE FROM incoming WHERE phone = ?", (number,))
        messages = rows.execute("DELETE FROM messages WHERE recipient = ?", (number,)).rowcount
    database.settle()
    return {"messages": messages, "callbacks": callbacks}


def main() -> int:
    """Erase the number on standard input from the file named on the command line; return the exit code."""
    path = Path(sys.argv[1])
    try:
        database = Database(path)
    except sqlite3.DatabaseError as error:
        sys.stderr.write(f"{path} cannot be used ({error})\n")
        return 1
    removed = erase_number(database, sys.stdin.readline().strip())
    database.close()
    sys.stdout.write(json.dumps(removed) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
