"""A request as the proxy sees it: its service, action and region, and who signed it."""

import json
import re
import urllib.parse

_HEADER_SCOPE = re.compile(r"Credential=([^/,]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_S3_ACTIONS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query = target.partition("?")
        given = urllib.parse.parse_qs(self.query, keep_blank_values=True)
        scope = _HEADER_SCOPE.search(headers.get("Authorization", ""))
        if not scope and "X-Amz-Credential" in given:
            scope = _HEADER_SCOPE.search("Credential=" + given["X-Amz-Credential"][0])
        self.access_key, self.day, self.region, self.service = scope.groups() if scope else (None, None, None, "s3")
        self.session_token = headers.get("X-Amz-Security-Token") or given.get("X-Amz-Security-Token", [None])[0]
        self.parameters = self._parameters()
        self.action = self._action()

    def _parameters(self):
        """The parameters of the query protocol (EC2, STS, IAM)."""
        if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return dict(urllib.parse.parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        return {}

    def _action(self):
        if "Action" in self.parameters:
            return self.parameters["Action"]
        if "X-Amz-Target" in self.headers:
            return self.headers["X-Amz-Target"].rpartition(".")[2]
        in_bucket = "/" in self.path.strip("/")
        if self.service == "s3" and not in_bucket:
            return {"PUT": "CreateBucket", "DELETE": "DeleteBucket"}.get(self.method, "ListBucket")
        return _S3_ACTIONS.get(self.method, self.method)

    def send(self, parameters):
        """Changes the parameters that the emulator gets; those that the caller sent are kept."""
        self.body = urllib.parse.urlencode(parameters).encode()

    @property
    def name(self):
        """The action as in a policy: `ec2:RunInstances`."""
        return f"{self.service}:{self.action}"

    @property
    def needs(self):
        """All permissions that it needs: tags in a creating call, and roles that are passed on, need additional ones."""
        tags = any(name.startswith("TagSpecification.") for name in self.parameters)
        role = any(name.startswith("IamInstanceProfile.") for name in self.parameters)
        return [self.name, *["ec2:CreateTags"] * tags, *["iam:PassRole"] * role]

    @property
    def is_dry_run(self):
        return self.parameters.get("DryRun", "").lower() == "true"

    @property
    def only_reads(self):
        return self.action.startswith(("Describe", "Get", "List", "Head"))

    def listed(self, prefix):
        """The values of a list parameter: `InstanceId.1`, `InstanceId.2`, …"""
        return [value for key, value in self.parameters.items() if re.fullmatch(re.escape(prefix) + r"\.\d+", key)]


def credentials_in(answer):
    """Keys in an answer (AssumeRole, GetSessionToken, CreateAccessKey): (key, secret, token)."""
    text = answer.decode("utf-8", "replace")
    found = []
    for key in re.finditer(r"<AccessKeyId>([^<]+)</AccessKeyId>", text):
        secret = re.search(r"<SecretAccessKey>([^<]+)</SecretAccessKey>", text)
        token = re.search(r"<SessionToken>([^<]+)</SessionToken>", text)
        if secret:
            found.append((key[1], secret[1], token[1] if token else None))
    return found


def json_of(body):
    try:
        return json.loads(body or b"[]")
    except json.JSONDecodeError:
        return None
