"""Fixtures for pytest: `sms_service`, `handset` and `carrier_faults`, see docs/testing-your-integration.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shortlink.testing.carrier_faults import CarrierFaults
    from shortlink.testing.handset import Handset
    from shortlink.testing.service import SmsService

_HELP = "a setting of the shortlink service that tests use, such as SHORTLINK_CODE_LENGTH=12"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a project change settings of the service, in its pytest configuration."""
    parser.addini("shortlink_settings", _HELP, type="linelist", default=[])


@pytest.fixture(scope="session")
def sms_service(pytestconfig: pytest.Config) -> Iterator[SmsService]:
    """The whole service with a simulated carrier, on free ports of this machine; it sends nothing to anybody."""
    from shortlink.testing.service import running_service  # noqa: PLC0415  # only for those who use it

    with running_service(pytestconfig.getini("shortlink_settings")) as service:
        yield service


@pytest.fixture
def handset(sms_service: SmsService) -> Handset:
    """Every recipient's phone, empty at the start of each test, and the receiver of your callbacks."""
    from shortlink.testing.handset import Handset  # noqa: PLC0415

    phone = Handset(sms_service)
    phone.clear()
    return phone


@pytest.fixture
def carrier_faults(sms_service: SmsService) -> Iterator[CarrierFaults]:
    """Switches that make the carrier misbehave; all are off again after the test."""
    from shortlink.testing.carrier_faults import CarrierFaults  # noqa: PLC0415

    switches = CarrierFaults(sms_service)
    yield switches
    switches.clear()
