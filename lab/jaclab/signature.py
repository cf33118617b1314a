"""Authentication: the keys that this lab generated or its STS issued, and requests that were signed with their secrets.

The emulator accepts any signature; AWS does not, and code that signs wrongly or with expired credentials must fail here too.
Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

import hashlib
import hmac
import re
import urllib.parse

from .errors import AwsError


class Keyring:
    def __init__(self, access_key, secret_key):
        self._secrets = {access_key: (secret_key, None)}
        self._expired = set()

    def add(self, access_key, secret_key, token):
        self._secrets[access_key] = (secret_key, token)

    def expire(self):
        """All temporary credentials issued so far expire now."""
        expired = [key for key, (_, token) in self._secrets.items() if token]
        self._expired.update(expired)
        return expired

    def check(self, request):
        """Raises the error that AWS returns for a request with an unknown key, expired credentials, or a wrong signature."""
        if request.access_key is None:
            raise AwsError(
                "AccessDenied" if request.service == "s3" else "MissingAuthenticationToken", "Request is missing Authentication Token"
            )
        secret, token = self._secrets.get(request.access_key, (None, None))
        if secret is None:
            raise _unknown(request.service)
        if token != request.session_token:
            raise _unknown(request.service)
        if request.access_key in self._expired:
            code = "RequestExpired" if request.service == "ec2" else "ExpiredToken"
            raise AwsError(code, "The security token included in the request is expired")
        given, expected = _signatures(request, secret)
        if not hmac.compare_digest(given, expected):
            code = "AuthFailure" if request.service == "ec2" else "SignatureDoesNotMatch"
            raise AwsError(code, "The request signature we calculated does not match the signature you provided.")


def _unknown(service):
    if service == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials")
    if service == "s3":
        return AwsError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.")


def _signatures(request, secret):
    """The signature in the request, and the one computed with the secret."""
    pairs = [tuple((pair.split("=", 1) + [""])[:2]) for pair in request.query.split("&") if pair]
    in_query = dict(pairs)
    if "X-Amz-Signature" in in_query:
        given, signed = in_query["X-Amz-Signature"], urllib.parse.unquote(in_query["X-Amz-SignedHeaders"])
        moment, payload = in_query["X-Amz-Date"], "UNSIGNED-PAYLOAD"
        pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
    else:
        words = request.headers["Authorization"]
        given = re.search(r"Signature=([0-9a-f]+)", words)[1]
        signed = re.search(r"SignedHeaders=([^,\s]+)", words)[1]
        moment = request.headers.get("X-Amz-Date", "")
        payload = request.headers.get("X-Amz-Content-Sha256") or hashlib.sha256(request.body).hexdigest()
    names = signed.split(";")
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    query = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    canonical = "\n".join([request.method, request.path or "/", query, headers, signed, payload])
    scope = f"{request.day}/{request.region}/{request.service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (request.day, request.region, request.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return given, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
