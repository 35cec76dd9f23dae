"""Settings come from the environment, and what is wrong with them is named."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from shortlink.config import Settings
from shortlink.domain.errors import SettingsError
from shortlink.storage.connection import connect

KEY = {"SHORTLINK_SECRET_KEY": "k" * 32}


def fault(**given: str) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(given)
    return str(caught.value)


def test_without_any_variable_every_setting_has_its_default() -> None:
    assert Settings.from_env({}) == Settings()


def test_an_unknown_setting_is_named() -> None:
    assert "SHORTLINK_LINK_TTL " in fault(SHORTLINK_LINK_TTL="5")


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("TWILIO_ACCOUNT_SIDD", "TWILIO_ACCOUNT_SID"),
        ("TWILIO_MESSAGING_SERVICE_ID", "TWILIO_MESSAGING_SERVICE_SID"),
        ("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"),
    ],
)
def test_a_misspelt_variable_of_twilios_is_named_with_what_is_meant(misspelt: str, meant: str) -> None:
    assert fault(**{misspelt: "x"}) == f"{misspelt} is not a setting; is {meant} meant?"


@pytest.mark.parametrize("other", ["TWILIO_REGION", "TWILIO_EDGE", "TWILIO_PHONE_NUMBER", "PATH"])
def test_variables_of_other_programs_are_left_alone(other: str) -> None:
    assert Settings.from_env({other: "x"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHORTLINK_API_URL", "sms.example.com"),
        ("SHORTLINK_API_URL", "http://a b"),
        ("SHORTLINK_API_URL", "https://h:99999"),
        ("SHORTLINK_API_URL", "https://u:p@h"),
        ("SHORTLINK_API_URL", "https://[x"),
        ("SHORTLINK_LINK_URL", "https://x.example.com/?a=b"),
        ("SHORTLINK_LINK_URL", "ftp://x.example.com"),
        ("SHORTLINK_LINK_URL", ""),
        ("SHORTLINK_REDIS_URL", "http://127.0.0.1"),
        ("SHORTLINK_SECRET_KEY", "short"),
        ("SHORTLINK_LINK_TTL_DAYS", "0"),
        ("SHORTLINK_LINK_TTL_DAYS", "ninety"),
        ("SHORTLINK_LINK_TTL_DAYS", "-1"),
        ("SHORTLINK_CODE_LENGTH", "7"),
        ("SHORTLINK_CALLBACK_ALLOW", "127.0.0.1/99"),
        ("SHORTLINK_CALLBACK_SCHEDULE", "0,1,2"),
        ("SHORTLINK_CALLBACK_SCHEDULE", "0,1,2,3,4,5,6,7,8,x"),
        ("SHORTLINK_CALLBACK_SCHEDULE", "0,1,2,3,4,5,6,7,8,-9"),
        ("SHORTLINK_COUNT_PLAIN_CLIENTS", "yes"),
        ("SHORTLINK_LEASE_SECONDS", "0"),
        ("SHORTLINK_LEASE_SECONDS", "nan"),
        ("SHORTLINK_COUNTRIES", "Japan"),
        ("SHORTLINK_ARCHIVE_S3_URL", "https://bucket.example.com"),
        ("SHORTLINK_ARCHIVE_S3_URL", "s3:///path"),
        ("SHORTLINK_ARCHIVE_S3_URL", "s3://key@bucket/path"),
        ("SHORTLINK_ARCHIVE_S3_ENDPOINT", "storage.example.com"),
        ("TWILIO_ACCOUNT_SID", "garbage"),
        ("TWILIO_MESSAGING_SERVICE_SID", "junk"),
    ],
)
def test_a_malformed_setting_is_named_and_what_would_be_right_is_said(name: str, value: str) -> None:
    said = fault(**{name: value})
    assert re.match(rf"{name} (must|may not|names a file that) ", said), "it says what the value must be"
    hidden = "@" in value or name in {"SHORTLINK_REDIS_URL", "SHORTLINK_SECRET_KEY"}
    assert said.endswith(f"; it is {value!r}") is not hidden, "and what it is, unless that may be a secret"


@pytest.mark.parametrize(
    "value",
    [
        "redis://:S3cretPa/ss@host:1/0",
        "redis://:S3cretPa?ss@host:1/0",
        "redis://:S3cretPa#ss@host:1/0",
        "redis://:12#S3cretPa@host/0",
        "redis://S3cretPa@:6379/0",
        "redis://:S3cretPa@[host/0",
        "redis://:S3cretPa@host:bad/0",
        "redis://:S3cretPa@host:0/0",
        "redis://:S3cretPa@host:1/zero",
        "redis://:S3cretPa@host:1/0?socket_timeout=abc",
        "redis://:S3cretPa@host:1/0?foo=bar",
        "redis://:S3cretPa@host:1/0?client_name=S3cret%20Pa",
        "redis://:S3cretPa@host:1/0?client_name=S3cretP%C3%A4",
        "redis://:S3cretPa@host:1/0?S3cretPa",
        "redis://:S3cretPa@host:1/0?ssl_ca_certs=x",
        "redis://:S3cretPa@host:1/\n0",
        "unix://S3cretPa?db=0",
        "unix:///S3cretPa?socket_keepalive=1",
        "rediss://:S3cretPa@host:1/0?decode_responses=S3cretPa",
    ],
)
def test_a_malformed_address_of_the_store_is_refused_without_a_piece_of_it(value: str) -> None:
    said = fault(SHORTLINK_REDIS_URL=value)
    assert said.startswith("SHORTLINK_REDIS_URL ")
    assert "S3cret" not in said
    assert "%2F" in said or re.search(r"option (socket_timeout: it takes a number|client_name: it takes a name) ", said)


def test_a_key_without_its_certificate_is_refused_since_nobody_could_connect() -> None:
    said = fault(SHORTLINK_REDIS_URL="rediss://:S3cretPa@host:1/0?ssl_keyfile=/S3cretPa")
    assert said == "SHORTLINK_REDIS_URL has the option ssl_keyfile, but not ssl_certfile, whose key that is"


@pytest.mark.parametrize(
    "value",
    [
        "redis://h",
        "redis://",
        "redis://[::1]:6379",
        "redis://user:pass%2Fword%23@h:1/15?socket_timeout=2.5&health_check_interval=30&socket_keepalive=yes",
        "redis://:p@ss@h:1/0?db=2&max_connections=9&protocol=3&client_name=x&retry_on_timeout=no",
        "rediss://h:1/0?ssl_cert_reqs=none&ssl_ca_certs=/x&ssl_check_hostname=false&socket_connect_timeout=1",
        "rediss://h:1/0?ssl_certfile=/x&ssl_keyfile=/y&ssl_password=z&ssl_ca_path=/x",
        "unix:///run/valkey.sock?db=1&username=u&password=p%2Fw&socket_timeout=1",
    ],
)
def test_an_address_of_the_store_that_is_taken_makes_a_connection(value: str) -> None:
    pool = connect(Settings.from_env({"SHORTLINK_REDIS_URL": value}).redis_url).connection_pool
    assert pool.connection_class(**pool.connection_kwargs)


def test_an_empty_secret_key_counts_as_unset() -> None:
    assert Settings.from_env({"SHORTLINK_SECRET_KEY": ""}) == Settings()


@pytest.mark.parametrize("value", ["0", "-1", "nan", "x", ""])
@pytest.mark.parametrize("name", ["SHORTLINK_LEASE_SECONDS", "SHORTLINK_OFFER_SECONDS", "SHORTLINK_CALLBACK_TIMEOUT"])
def test_a_number_that_may_not_be_0_is_said_to_be_above_it(name: str, value: str) -> None:
    assert fault(**{name: value}) == f"{name} must be a number above 0; it is {value!r}"


@pytest.mark.parametrize("value", ["1,x", "1,,2", "1;2", "-1", ""])
def test_a_bad_list_of_waits_is_said_to_be_a_list(value: str) -> None:
    rule = "comma-separated waits in seconds, each 0 or more, such as 0,5,300"
    rule += f"; it is {value!r}"
    assert fault(SHORTLINK_WEBHOOK_SCHEDULE=value) == f"SHORTLINK_WEBHOOK_SCHEDULE must be {rule}"
    assert fault(SHORTLINK_CALLBACK_SCHEDULE=value) == f"SHORTLINK_CALLBACK_SCHEDULE must be exactly 10 {rule}"


def test_an_endpoint_without_a_bucket_is_named() -> None:
    assert "SHORTLINK_ARCHIVE_S3_URL is not" in fault(SHORTLINK_ARCHIVE_S3_ENDPOINT="https://storage.example.com")


@pytest.mark.parametrize("name", ["ARCHIVE_DIR", "SPOOL_DIR", "TARGET_DENY_FILE"])
def test_a_path_that_leads_elsewhere_from_each_process_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").touch()
    monkeypatch.chdir(tmp_path)
    assert "must be a whole path" in fault(**{f"SHORTLINK_{name}": "there"})


def test_every_fault_is_said_at_once() -> None:
    assert len(fault(SHORTLINK_X="1", SHORTLINK_CODE_LENGTH="1", SHORTLINK_LIST_CAP="x").splitlines()) == 3


def test_what_is_malformed_is_not_called_missing_as_well() -> None:
    told = fault(TWILIO_ACCOUNT_SID="AC…", TWILIO_AUTH_TOKEN="t", TWILIO_API_KEY="SK1", TWILIO_API_SECRET="s")
    assert told.startswith("TWILIO_ACCOUNT_SID must start with AC")
    assert len(told.splitlines()) == 1
    told = fault(SHORTLINK_ARCHIVE_S3_URL="old-days", SHORTLINK_ARCHIVE_S3_ENDPOINT="https://storage.example.com")
    assert len(told.splitlines()) == 1


def test_half_a_pair_of_credentials_is_refused() -> None:
    assert "TWILIO_AUTH_TOKEN" in fault(TWILIO_ACCOUNT_SID="AC1")


def test_an_empty_list_of_ranges_allows_nothing_and_an_empty_optional_variable_is_unset() -> None:
    settings = Settings.from_env({"SHORTLINK_CALLBACK_ALLOW": "", "TWILIO_API_KEY": "", "SHORTLINK_COUNTRIES": ""})
    assert (settings.callback_allow, settings.twilio_api_key, settings.countries) == ((), None, frozenset())


def test_values_come_in_their_types() -> None:
    settings = Settings.from_env(
        {
            "SHORTLINK_CALLBACK_ALLOW": "10.0.0.0/8, ::1/128",
            "SHORTLINK_COUNTRIES": "jp, us",
            "SHORTLINK_LINK_URL": "https://x.example.com/",
        }
    )
    assert settings.callback_allow == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.countries == {"JP", "US"}
    assert settings.link_url == "https://x.example.com"


def test_no_secret_shows_when_settings_are_printed() -> None:
    given = KEY | {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush", "SHORTLINK_REDIS_URL": "redis://:pw@h/0"}
    shown = repr(Settings.from_env(given))
    assert not [word for word in ("k" * 32, "hush", "pw") if word in shown]


def test_without_a_secret_key_nothing_is_signed() -> None:
    with pytest.raises(SettingsError, match="SHORTLINK_SECRET_KEY"):
        _ = Settings().key
