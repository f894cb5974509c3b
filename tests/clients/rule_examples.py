"""Examples of AWS Config's managed rules, each in an account of its own whose only resources are the example's."""

import csv
import itertools
import json
import pathlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import boto3

from harness import SERVER_ACCOUNT, Credentials
from observe import moment

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUCKET = "acme-examples"
# Where the examples' ARNs are.
ACCOUNT, REGION = "123456789012", "eu-west-1"
ACCOUNTS = itertools.count(400000000001)
EXTERNAL, PERIODIC = "external", "periodic"


def first_priority():
    """The rules of the first priority, with what sets them off."""
    with (ROOT / "crates/config/managed-rules.csv").open(newline="") as table:
        return {line["identifier"]: line["trigger"] for line in csv.DictReader(table) if line["priority"] == "P1"}


def examples():
    """The examples of the rules' own tests, which need nothing but items."""
    lines = (ROOT / "crates/config/rule-examples.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def open_bucket(server):
    """A bucket that Config may use for all accounts."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketAcl", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def together(work, of):
    """Does something with each of several, a few at a time."""
    with ThreadPoolExecutor(4) as workers:
        return list(workers.map(work, of))


SESSION = boto3.session.Session()


class Account:
    """An account with a recorder that runs."""

    def __init__(self, server, types=(), account=None, region=REGION):
        self.server, self.region = server, region
        self.account = account or str(next(ACCOUNTS))
        self.root = Credentials("test" if account == SERVER_ACCOUNT else self.account, "test")
        self.config = self.client("config")
        recorder = {"name": "default", "roleARN": f"arn:aws:iam::{self.account}:role/config"}
        group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": sorted(types)}
        self.config.put_configuration_recorder(ConfigurationRecorder={**recorder, "recordingGroup": group})
        self.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": BUCKET})
        self.config.start_configuration_recorder(ConfigurationRecorderName="default")

    def client(self, service):
        """A client of the account's root."""
        return self.server.client(service, self.root, self.region, session=SESSION)

    def observe(self, *items):
        """Lets Config observe items."""
        told = {"account": self.account, "region": self.region, "items": items}
        status, body = self.server.page("/_trailwatch/config/observe", told)
        assert status == 200, body

    def put(self, identifier, parameters=None, **more):
        """Puts a rule under its identifier."""
        rule = {"ConfigRuleName": identifier, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}, **more}
        if parameters:
            rule["InputParameters"] = json.dumps(parameters)
        self.config.put_config_rule(ConfigRule=rule)

    def stop(self):
        """Lets the recorder stop."""
        self.config.stop_configuration_recorder(ConfigurationRecorderName="default")

    def wait(self, identifier, since):
        """Waits for an evaluation at a time or later; gives the status of the rule."""
        end, since = time.monotonic() + 60, moment(since)
        while True:
            answer = self.config.describe_config_rule_evaluation_status(ConfigRuleNames=[identifier])
            (status,) = answer["ConfigRulesEvaluationStatus"]
            times = [status.get("LastSuccessfulEvaluationTime"), status.get("LastFailedEvaluationTime")]
            if any(time and time >= since for time in times):
                return status
            assert time.monotonic() < end, f"{identifier} was not evaluated: {status}"
            time.sleep(0.02)

    def said(self, identifier):
        """What a rule says, by type and id of the resource."""
        pages = self.config.get_paginator("get_compliance_details_by_config_rule").paginate(ConfigRuleName=identifier)
        results = [result for page in pages for result in page["EvaluationResults"]]
        of = lambda result: result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
        return {(of(result)["ResourceType"], of(result)["ResourceId"]): result["ComplianceType"] for result in results}


@dataclass
class Trial:
    """An example that is run."""

    example: dict
    account: Account | None = None

    @property
    def rule(self):
        return self.example["rule"]

    def set_up(self, server, **rule):
        """Puts the items, then the rule, and waits for its first evaluation."""
        types = {item["resourceType"] for item in [*self.example["others"], self.example["item"]]}
        self.account = Account(server, types)
        # What the example tells of its account is of this one.
        self.example = json.loads(json.dumps(self.example).replace(ACCOUNT, self.account.account))
        self.account.observe(*self.example["others"], self.example["item"])
        self.account.put(self.rule, self.example["parameters"], **rule)
        self.account.wait(self.rule, server.now())

    def difference(self):
        """How what the rule says differs from what is expected, in words; nothing when it does not."""
        item, expected = self.example["item"], self.example["expected"]
        said = self.account.said(self.rule).get((item["resourceType"], item["resourceId"]))
        # What cannot be told, or does not apply, is no result.
        wanted = expected if expected in ("COMPLIANT", "NON_COMPLIANT") else None
        return None if said == wanted else f"{said} and not {expected}: {json.dumps(self.example)}"
