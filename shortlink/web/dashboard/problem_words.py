"""What a page says when it cannot be shown, and what the person before it can do."""

from __future__ import annotations

_PROBLEMS = {
    400: (
        "This form is out of date",
        "Nothing was changed. Please go back, reload the page and try again; forms here need cookies.",
    ),
    404: ("Not found", "There is no such page, or what it showed belongs to another account or is gone."),
    405: ("Not possible", "This address cannot be used in this way. Please start from the menu."),
    413: ("Too much", "More was sent than a form of ours can hold."),
    429: ("Too many tries", "Please wait a moment and try again."),
    500: ("Something went wrong", "It is our fault and is logged. Please try again; nothing is lost."),
    503: ("Please try again", "The store does not answer right now. Messages and clicks are safe; reload in a moment."),
}


def problem_words(status: int) -> tuple[str, str]:
    """Say what is wrong and what to do."""
    return _PROBLEMS.get(status, _PROBLEMS[500 if status >= 500 else 400])


def damage_words(code: str, reason: str) -> str:
    """Say that a message's record is damaged, and what whoever runs the service can do."""
    return (
        f"This message’s record is damaged: {reason}. Whoever runs this service is told. `shortlink audit` finds it"
        f" there, and `shortlink links disable {code}` switches its link off."
    )


def webhook_damage_words(webhook_id: str, reason: str) -> str:
    """Say that a webhook is damaged, and what whoever it belongs to can do."""
    return (
        f"What is kept of the webhook {webhook_id} is damaged: {reason}. It is told nothing until it is mended, and"
        " then all that happened meanwhile. Whoever runs this service is told: ask them."
    )


def account_damage_words(sid: str, reason: str) -> str:
    """Say that an account is damaged, and what whoever it belongs to can do."""
    return (
        f"The account {sid} is damaged: {reason}. Its messages and clicks are kept. Whoever runs this service is told:"
        " ask them, and come back once it is mended."
    )
