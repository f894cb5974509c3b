"""Buckets for tests: made under names that nobody else has."""

import itertools
import os

NUMBERS = itertools.count()


def bucket_name():
    """A name that no other test of this run uses."""
    return f"bucket-{os.getpid()}-{next(NUMBERS)}"


def make_bucket(s3, **how):
    """Makes a bucket; gives its name."""
    name = bucket_name()
    s3.create_bucket(Bucket=name, **how)
    return name


def body_of(s3, bucket, key, **how):
    """An object's bytes."""
    return s3.get_object(Bucket=bucket, Key=key, **how)["Body"].read()


def keys_of(s3, bucket, **how):
    """All keys, over all pages."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **how)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def open_to_policies(s3, bucket):
    """Lets a bucket have a public policy, which new buckets refuse."""
    s3.delete_public_access_block(Bucket=bucket)
