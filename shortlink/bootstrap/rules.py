"""Read what an installation decides about messages and links."""

from __future__ import annotations

from shortlink.bootstrap.own_hosts import own_hosts
from shortlink.callbacks.unwrapper import Unwrapper
from shortlink.config import Settings
from shortlink.domain.target import PUBLIC_SHORTENERS, host_of, is_covered
from shortlink.storage.deny_list import DenyList
from shortlink.use_cases.accept_rules import AcceptRules
from shortlink.use_cases.check_target import TargetRules


def build_rules(settings: Settings) -> AcceptRules:
    """Read what the installation decides about accepted messages."""
    return AcceptRules(
        link_url=settings.link_url,
        code_length=settings.code_length,
        own_hosts=own_hosts(link_url=settings.link_url, api_url=settings.api_url),
        price_per_part=settings.price_per_part,
        countries=settings.countries,
        costly_numbers=settings.costly_numbers == "allow",
        price_tracking=settings.price_tracking,
        targets=build_targets(settings),
    )


def build_targets(settings: Settings) -> TargetRules:
    """Read what the installation does not link to. Raises SettingsError for a deny list that cannot be read."""
    unwrapper = Unwrapper(is_shortener=lambda url: is_covered(host_of(url), PUBLIC_SHORTENERS))
    path = settings.target_deny_file
    return TargetRules(
        denied=DenyList(path).hosts if path else frozenset,
        shorteners=settings.public_shorteners,
        unwrap=unwrapper.unwrap,
    )
