"""`ClientToken`: the same token returns the same answer and launches nothing; with other parameters it is an error.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from .errors import AwsError


class ClientTokens:
    def __init__(self):
        self._answers = {}

    def known(self, request):
        """The earlier answer to this request, or None."""
        stored = self._answers.get(self._key(request))
        if stored is None:
            return None
        parameters, answer = stored
        if parameters != request.parameters:
            raise AwsError(
                "IdempotentParameterMismatch",
                "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
            )
        return answer

    def keep(self, request, answer):
        if self._key(request):
            self._answers[self._key(request)] = (request.parameters, answer)

    def _key(self, request):
        token = request.parameters.get("ClientToken")
        return (request.region, token) if token else None
