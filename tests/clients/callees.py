"""What rules and remediations of AWS Config call: a Lambda, a Systems Manager and webhooks, as a test has them."""

import json
import urllib.parse

from scripted_upstream import ScriptedUpstream, until


class Callees:
    """An upstream for `lambda` and `ssm`, and a webhook at `url`; it keeps what it was told.

    `hears` is what becomes of an event at the webhook: a function of it that gives the status and the body to answer.
    """

    def __init__(self):
        self.upstream = ScriptedUpstream()
        self.upstream.play(self._answer)
        self.functions = {"owner"}
        self.is_away = False
        self.events = []
        self.started = []
        self.progress = {}
        self.hears = lambda event: ("200 OK", b"")
        place = urllib.parse.urlsplit(self.upstream.url)
        self.url = f"http://{place.hostname}:{place.port}/hook"
        self.options = tuple(f"--upstream={service}={self.upstream.url}" for service in ("lambda", "ssm"))

    def _answer(self, exchange):
        body = exchange.body()
        target = exchange.headers.get("x-amz-target", "")
        if self.is_away:
            return exchange.answer("503 Service Unavailable")
        if exchange.target == "/hook":
            event = json.loads(body)
            self.events.append(event)
            status, answer = self.hears(event)
            return exchange.answer(status, body=answer)
        if target == "AmazonSSM.StartAutomationExecution":
            asked = json.loads(body)
            self.started.append(asked)
            return self._json(exchange, {"AutomationExecutionId": f"execution-{len(self.started)}"})
        if target == "AmazonSSM.GetAutomationExecution":
            known = self.progress.get(json.loads(body)["AutomationExecutionId"], "InProgress")
            step = {"StepName": "fix", "StepStatus": known}
            if known == "Failed":
                step["FailureMessage"] = "it cannot be fixed"
            execution = {"AutomationExecutionStatus": known, "StepExecutions": [step]}
            return self._json(exchange, {"AutomationExecution": execution})
        return self._lambda(exchange, body)

    def _lambda(self, exchange, body):
        path = urllib.parse.unquote(exchange.target)
        name = path.removeprefix("/2015-03-31/functions/").removesuffix("/invocations").rsplit(":", 1)[-1]
        if name not in self.functions:
            headers = ["X-Amzn-Errortype: ResourceNotFoundException"]
            return exchange.answer("404 Not Found", headers, b'{"Message":"Function not found"}')
        if not path.endswith("/invocations"):
            return exchange.answer(body=b'{"Configuration":{}}')
        assert exchange.headers["x-amz-invocation-type"] == "Event"
        self.events.append(json.loads(body))
        return exchange.answer("202 Accepted", body=b"")

    def _json(self, exchange, answer):
        exchange.answer(headers=["Content-Type: application/x-amz-json-1.1"], body=json.dumps(answer).encode())

    def event(self, wanted):
        """The first event for which `wanted` holds, as soon as it is there."""
        found = []
        until(lambda: found.extend([event for event in list(self.events) if wanted(event)][:1]) or found)
        return found[0]

    def close(self):
        self.upstream.close()


def invoking(event):
    """The message within a rule's event."""
    return json.loads(event["invokingEvent"])
