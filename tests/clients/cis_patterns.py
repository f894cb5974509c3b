"""The filter patterns that the CIS AWS Foundations Benchmark (4.0, section 4) gives for monitoring, each with records
that it must find and records that it must not."""

from dataclasses import dataclass


def any_of(*names):
    return "||".join(f"($.eventName={name})" for name in names)


IAM_POLICY_CALLS = (
    "DeleteGroupPolicy",
    "DeleteRolePolicy",
    "DeleteUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "CreatePolicyVersion",
    "DeletePolicyVersion",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "AttachUserPolicy",
    "DetachUserPolicy",
    "AttachGroupPolicy",
    "DetachGroupPolicy",
)
TRAIL_CALLS = ("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging")
BUCKET_CALLS = (
    "PutBucketAcl",
    "PutBucketPolicy",
    "PutBucketCors",
    "PutBucketLifecycle",
    "PutBucketReplication",
    "DeleteBucketPolicy",
    "DeleteBucketCors",
    "DeleteBucketLifecycle",
    "DeleteBucketReplication",
)
CONFIG_CALLS = (
    "StopConfigurationRecorder",
    "DeleteDeliveryChannel",
    "PutDeliveryChannel",
    "PutConfigurationRecorder",
)
SECURITY_GROUP_CALLS = (
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "CreateSecurityGroup",
    "DeleteSecurityGroup",
)
NETWORK_ACL_CALLS = (
    "CreateNetworkAcl",
    "CreateNetworkAclEntry",
    "DeleteNetworkAcl",
    "DeleteNetworkAclEntry",
    "ReplaceNetworkAclEntry",
    "ReplaceNetworkAclAssociation",
)
GATEWAY_CALLS = (
    "CreateCustomerGateway",
    "DeleteCustomerGateway",
    "AttachInternetGateway",
    "CreateInternetGateway",
    "DeleteInternetGateway",
    "DetachInternetGateway",
)
ROUTE_TABLE_CALLS = (
    "CreateRoute",
    "CreateRouteTable",
    "ReplaceRoute",
    "ReplaceRouteTableAssociation",
    "DeleteRouteTable",
    "DeleteRoute",
    "DisassociateRouteTable",
)
VPC_CALLS = (
    "CreateVpc",
    "DeleteVpc",
    "ModifyVpcAttribute",
    "AcceptVpcPeeringConnection",
    "CreateVpcPeeringConnection",
    "DeleteVpcPeeringConnection",
    "RejectVpcPeeringConnection",
    "AttachClassicLinkVpc",
    "DetachClassicLinkVpc",
    "DisableVpcClassicLink",
    "EnableVpcClassicLink",
)
ORGANIZATION_CALLS = (
    "AcceptHandshake",
    "AttachPolicy",
    "CreateAccount",
    "CreateOrganizationalUnit",
    "CreatePolicy",
    "DeclineHandshake",
    "DeleteOrganization",
    "DeleteOrganizationalUnit",
    "DeletePolicy",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "InviteAccountToOrganization",
    "LeaveOrganization",
    "MoveAccount",
    "RemoveAccountFromOrganization",
    "UpdatePolicy",
    "UpdateOrganizationalUnit",
)


@dataclass(frozen=True)
class Control:
    """A recommendation: its number, its metric, its pattern, and samples on either side of it."""

    number: str
    metric: str
    pattern: str
    found: tuple
    passed_over: tuple


def call(name, source="ec2.amazonaws.com", identity="IAMUser", **more):
    """A record as far as the patterns look at it."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": identity, "accountId": "111122223333"},
        "eventSource": source,
        "eventName": name,
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": None,
        "responseElements": None,
        "eventType": "AwsApiCall",
        **more,
    }


def login(outcome, mfa="No", identity="IAMUser", **more):
    return call(
        "ConsoleLogin",
        "signin.amazonaws.com",
        identity,
        responseElements={"ConsoleLogin": outcome},
        additionalEventData={"MobileVersion": "No", "MFAUsed": mfa},
        **{"eventType": "AwsConsoleSignIn", **more},
    )


def calls(names, source="ec2.amazonaws.com"):
    return tuple(call(name, source) for name in names)


CONTROLS = (
    Control(
        "4.1",
        "UnauthorizedApiCalls",
        '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && '
        '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
        (
            call("RunInstances", errorCode="Client.UnauthorizedOperation"),
            call("ListUsers", errorCode="AccessDenied"),
            call("DescribeTrails", errorCode="AccessDeniedException"),
        ),
        (
            call("RunInstances"),
            call("GetRole", errorCode="NoSuchEntityException"),
            call("HeadBucket", errorCode="AccessDenied"),
            call("PutObject", errorCode="AccessDenied", sourceIPAddress="delivery.logs.amazonaws.com"),
        ),
    ),
    Control(
        "4.2",
        "SignInWithoutMfa",
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
        '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
        (login("Success"),),
        (login("Success", mfa="Yes"), login("Failure"), login("Success", identity="AssumedRole")),
    ),
    Control(
        "4.3",
        "RootUsage",
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
        (call("CreateUser", identity="Root"), login("Success", identity="Root")),
        (
            call("CreateUser"),
            call("RotateKey", identity="Root", eventType="AwsServiceEvent"),
            call("CreateUser", userIdentity={"type": "Root", "invokedBy": "support.amazonaws.com"}),
        ),
    ),
    Control(
        "4.4",
        "IamPolicyChanges",
        "{" + any_of(*IAM_POLICY_CALLS) + "}",
        calls(IAM_POLICY_CALLS, "iam.amazonaws.com"),
        calls(("GetPolicy", "CreateUser", "PutBucketPolicy")),
    ),
    Control(
        "4.5",
        "CloudTrailChanges",
        "{ " + any_of(*TRAIL_CALLS) + " }",
        calls(TRAIL_CALLS, "cloudtrail.amazonaws.com"),
        calls(("DescribeTrails", "PutEventSelectors")),
    ),
    Control(
        "4.6",
        "SignInFailures",
        '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
        (login("Failure", errorMessage="Failed authentication"),),
        (login("Success"), login("Failure", errorMessage="No username found in supplied account")),
    ),
    Control(
        "4.7",
        "KeysGoing",
        "{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }",
        calls(("DisableKey", "ScheduleKeyDeletion"), "kms.amazonaws.com"),
        calls(("EnableKey",), "kms.amazonaws.com") + calls(("DisableKey",), "other.amazonaws.com"),
    ),
    Control(
        "4.8",
        "BucketPolicyChanges",
        "{ ($.eventSource = s3.amazonaws.com) && (" + any_of(*BUCKET_CALLS) + ") }",
        calls(BUCKET_CALLS, "s3.amazonaws.com"),
        calls(("GetBucketPolicy", "PutObject"), "s3.amazonaws.com") + calls(("PutBucketPolicy",), "x.amazonaws.com"),
    ),
    Control(
        "4.9",
        "ConfigChanges",
        "{ ($.eventSource = config.amazonaws.com) && (" + any_of(*CONFIG_CALLS) + ") }",
        calls(CONFIG_CALLS, "config.amazonaws.com"),
        calls(("DescribeDeliveryChannels",), "config.amazonaws.com"),
    ),
    Control(
        "4.10",
        "SecurityGroupChanges",
        "{ " + any_of(*SECURITY_GROUP_CALLS) + " }",
        calls(SECURITY_GROUP_CALLS),
        calls(("DescribeSecurityGroups",)),
    ),
    Control(
        "4.11",
        "NetworkAclChanges",
        "{ " + any_of(*NETWORK_ACL_CALLS) + " }",
        calls(NETWORK_ACL_CALLS),
        calls(("DescribeNetworkAcls",)),
    ),
    Control(
        "4.12",
        "GatewayChanges",
        "{ " + any_of(*GATEWAY_CALLS) + " }",
        calls(GATEWAY_CALLS),
        calls(("DescribeInternetGateways", "CreateNatGateway")),
    ),
    Control(
        "4.13",
        "RouteTableChanges",
        "{ ($.eventSource = ec2.amazonaws.com) && (" + any_of(*ROUTE_TABLE_CALLS) + ") }",
        calls(ROUTE_TABLE_CALLS),
        calls(("CreateRoute",), "apigateway.amazonaws.com") + calls(("DescribeRouteTables",)),
    ),
    Control(
        "4.14",
        "VpcChanges",
        "{ " + any_of(*VPC_CALLS) + " }",
        calls(VPC_CALLS),
        calls(("DescribeVpcs", "CreateSubnet")),
    ),
    Control(
        "4.15",
        "OrganizationChanges",
        "{ ($.eventSource = organizations.amazonaws.com) && ("
        + "||".join(f'($.eventName = "{name}")' for name in ORGANIZATION_CALLS)
        + ") }",
        calls(ORGANIZATION_CALLS, "organizations.amazonaws.com"),
        calls(("CreatePolicy",), "iam.amazonaws.com") + calls(("ListAccounts",), "organizations.amazonaws.com"),
    ),
)
