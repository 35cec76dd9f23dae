"""Twilio's error codes as they are answered here, and the codes that end a message later."""

from __future__ import annotations

REFUSALS: dict[int, tuple[int, str]] = {  # code: (HTTP status, text); {value} is what was wrong
    20001: (400, "Invalid parameter: {value}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20009: (409, "Resource not complete - {value} is still in progress"),
    20404: (404, "The requested resource {value} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number: {value}"),
    21212: (400, "Invalid From Number (caller ID): {value}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {value}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number {value} is not an SMS-capable number or short code of your account"),
    21609: (400, "The 'StatusCallback' URL {value} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "The 'From' number {value} has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and 'From' parameters: {value}"),
    21614: (400, "'To' number {value} is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    30409: (400, "This message cannot be canceled"),
    35114: (400, "SendAt must be between 15 minutes and 35 days in the future, in ISO 8601: {value}"),
}

FAILURES: dict[int, str] = {  # texts of a message's error_code
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}


class Refusal(Exception):
    """A request that Twilio would refuse. `code` is a key of REFUSALS."""

    def __init__(self, code: int, value: str = "") -> None:
        status, text = REFUSALS[code]
        super().__init__(text.format(value=value))
        self.code = code
        self.status = status

    def to_json(self) -> dict[str, int | str]:
        """Shape the answer as Twilio does."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": more_info, "status": self.status}
