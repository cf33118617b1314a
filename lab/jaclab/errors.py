"""Errors with AWS's codes and messages, in the format of each protocol."""

import json
import uuid
from xml.sax.saxutils import escape

# The HTTP status that AWS returns with a code; 400 for all others.
STATUS = {
    "UnauthorizedOperation": 403,
    "AccessDenied": 403,
    "AuthFailure": 401,
    "InvalidClientTokenId": 403,
    "InvalidAccessKeyId": 403,
    "SignatureDoesNotMatch": 403,
    "RequestLimitExceeded": 503,
    "Throttling": 400,
    "SlowDown": 503,
    "InsufficientInstanceCapacity": 500,
    "InternalError": 500,
}


class AwsError(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message

    @property
    def status(self):
        return STATUS.get(self.code, 400)

    def body(self, service):
        """The answer's body and content type."""
        code, message, request = escape(self.code), escape(self.message), uuid.uuid4()
        words = f"<Code>{code}</Code><Message>{message}</Message>"
        if service == "ec2":
            text = f"<Response><Errors><Error>{words}</Error></Errors><RequestID>{request}</RequestID></Response>"
        elif service == "s3":
            text = f"<Error>{words}<RequestId>{request}</RequestId></Error>"
        elif service in ("sts", "iam"):
            text = f"<ErrorResponse><Error><Type>Sender</Type>{words}</Error><RequestId>{request}</RequestId></ErrorResponse>"
        else:
            return json.dumps({"__type": self.code, "message": self.message}).encode(), "application/x-amz-json-1.1"
        return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode(), "text/xml;charset=UTF-8"


def denied(name):
    """`name` is an action as in a policy, such as `ec2:RunInstances`."""
    service = name.partition(":")[0]
    why = f"You are not authorized to perform this operation. ({name} is denied in the lab)"
    codes = {"ec2": "UnauthorizedOperation", "s3": "AccessDenied", "sts": "AccessDenied", "iam": "AccessDenied"}
    return AwsError(codes.get(service, "AccessDeniedException"), why)


def throttled(service):
    codes = {"ec2": "RequestLimitExceeded", "s3": "SlowDown"}
    return AwsError(codes.get(service, "Throttling"), "Request limit exceeded.")
