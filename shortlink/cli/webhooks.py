"""`shortlink webhooks …`: which events are sent where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from shortlink.cli.account_options import account_options, open_client
from shortlink.cli.options import MOMENT, json_option
from shortlink.cli.screen import show_table

if TYPE_CHECKING:
    from shortlink.client import Webhook
    from shortlink.client.webhooks import Delivery


@click.group()
def webhooks() -> None:
    """Make, list, test, pause and delete webhooks, see their deliveries, and send a time range again."""


@webhooks.command("list")
@account_options
@json_option
def list_(*, as_json: bool, **where: Any) -> None:
    """List webhooks."""
    with open_client(**where) as client:
        found = client.webhooks()
    if as_json:
        click.echo(json.dumps([one.raw for one in found]))
    else:
        _show(found)


@webhooks.command()
@click.argument("url")
@click.argument("types", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["json", "form"]), default="json", show_default=True)
@click.option("--tag", help="Only events of messages with this tag.")
@click.option("--description", help="For you.")
@click.option("--rate", type=float, help="Calls a second, at most; 50 unless given.")
@click.option("--batch", "most", type=int, metavar="EVENTS", help="So many events in a call, at most, from 2 to 100.")
@click.option("--batch-seconds", "seconds", type=float, help="How long they wait for each other; 1 unless given.")
@account_options
@json_option
def create(
    *,
    url: str,
    types: tuple[str, ...],
    form: str,
    tag: str | None,
    description: str | None,
    rate: float | None,
    most: int | None,
    seconds: float | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Send events of these TYPES, such as link.clicked, to URL. Its secret is shown now and never again."""
    if seconds is not None and most is None:
        raise click.UsageError("--batch-seconds is for batches: say by --batch how many events go into a call")
    batch = None if most is None else {"most": most, "seconds": 1.0 if seconds is None else seconds}
    with open_client(**where) as client:
        made = client.create_webhook(url, types, form=form, tag=tag, description=description, rate=rate, batch=batch)
    _tell_secret(made, as_json=as_json)


@webhooks.command()
@click.argument("webhook_id")
@account_options
@json_option
def rotate(*, webhook_id: str, as_json: bool, **where: Any) -> None:
    """Give a webhook a new secret, shown now; for two days the old one signs as well."""
    with open_client(**where) as client:
        made = client.rotate_webhook_secret(webhook_id)
    _tell_secret(made, as_json=as_json)


@webhooks.command()
@click.argument("webhook_id")
@account_options
def delete(*, webhook_id: str, **where: Any) -> None:
    """Delete a webhook."""
    with open_client(**where) as client:
        client.delete_webhook(webhook_id)
    click.echo(f"{webhook_id} is deleted.")


@webhooks.command()
@click.argument("webhook_id")
@account_options
def pause(*, webhook_id: str, **where: Any) -> None:
    """Send a webhook nothing for now; what happens meanwhile is kept for it."""
    with open_client(**where) as client:
        client.pause_webhook(webhook_id)
    click.echo(f"{webhook_id} is paused.")


@webhooks.command()
@click.argument("webhook_id")
@account_options
def resume(*, webhook_id: str, **where: Any) -> None:
    """Let a paused webhook go on where it stopped."""
    with open_client(**where) as client:
        client.resume_webhook(webhook_id)
    click.echo(f"{webhook_id} goes on.")


@webhooks.command()
@click.argument("webhook_id")
@account_options
@json_option
def test(*, webhook_id: str, as_json: bool, **where: Any) -> None:
    """Send a webhook a test; `shortlink webhooks deliveries` shows what it answered."""
    with open_client(**where) as client:
        event = client.test_webhook(webhook_id)
    click.echo(json.dumps({"id": event}) if as_json else f"{event} is on its way.")


@webhooks.command()
@click.argument("webhook_id")
@click.option("--from", "since", type=MOMENT, required=True, help="Such as 2026-11-21T08:00+00:00.")
@click.option("--to", "until", type=MOMENT, required=True)
@account_options
def replay(*, webhook_id: str, since: datetime, until: datetime, **where: Any) -> None:
    """Send a webhook the events of a time range again, with the same ids."""
    if until <= since:
        raise click.UsageError("--to lies before --from")
    with open_client(**where) as client:
        client.replay_webhook(webhook_id, since=since, until=until)
    click.echo(f"The events are sent to {webhook_id} again.")


@webhooks.command()
@click.argument("webhook_id")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@account_options
@json_option
def deliveries(*, webhook_id: str, limit: int, as_json: bool, **where: Any) -> None:
    """Show a webhook's last tries, newest first, and what was answered."""
    with open_client(**where) as client:
        found = client.webhook_deliveries(webhook_id, limit=limit)
    if as_json:
        click.echo(json.dumps([one.raw for one in found]))
        return
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.id,
            _types(one),
            str(one.number),
            _answer(one),
            one.state,
        )
        for one in found
    ]
    if rows:
        show_table(("When", "Event", "Type", "Try", "Answer", "State"), rows, folded=("Type",))
    else:
        click.echo("Nothing was sent yet.")


def _types(one: Delivery) -> str:
    return ", ".join(one.types) or "test"


def _answer(one: Delivery) -> str:
    return str(one.status_code) if one.error is None else str(one.error)


def _tell_secret(made: Webhook, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**made.raw}))
    else:
        click.echo(f"{'id':<10}{made.id}\n{'secret':<10}{made.secret}")


def _show(found: Sequence[Webhook]) -> None:
    rows = [
        (
            one.id,
            one.url,
            ", ".join(one.events),
            f"{one.state} ({one.paused_because})" if one.paused_because else one.state,
            "" if one.owed is None else str(one.owed),
        )
        for one in found
    ]
    if rows:
        show_table(("Id", "URL", "Events", "State", "Owed"), rows, folded=("URL", "Events"))
    else:
        click.echo("No webhooks yet.")
