"""Policy documents, written shortly."""

import json


def statement(effect, action, resource="*", **more):
    """One statement; `more` may hold Condition, NotAction, NotResource, Principal."""
    said = {"Effect": effect, "Action": action, "Resource": resource, **more}
    if "NotAction" in more:
        del said["Action"]
    if "NotResource" in more or "Principal" in more:
        del said["Resource"]
    return said


def allow(action, resource="*", **more):
    """An allowing statement."""
    return statement("Allow", action, resource, **more)


def deny(action, resource="*", **more):
    """A denying statement."""
    return statement("Deny", action, resource, **more)


def document(*statements):
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(*principals, **more):
    """A role's trust policy for these AWS principals."""
    said = allow("sts:AssumeRole", Principal={"AWS": list(principals)}, **more)
    return document(said)
