"""Amazon's SDK for Python, in front of any KMS. Bytes travel as {"base64": ...}."""

import base64
import datetime

import boto3
from botocore import xform_name
from botocore.config import Config
from lines import serve

clients = {}


def client(endpoint, region):
    if endpoint not in clients:
        clients[endpoint] = boto3.client(
            "kms", endpoint_url=endpoint, region_name=region,
            aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}))
    return clients[endpoint]


def to_python(value):
    if isinstance(value, dict):
        if value.keys() == {"base64"}:
            return base64.b64decode(value["base64"])
        return {name: to_python(member) for name, member in value.items()}
    return [to_python(v) for v in value] if isinstance(value, list) else value


def to_json(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: to_json(member) for name, member in value.items() if name != "ResponseMetadata"}
    return [to_json(v) for v in value] if isinstance(value, list) else value


def call(endpoint, region, operation, parameters):
    return to_json(getattr(client(endpoint, region), xform_name(operation))(**to_python(parameters)))


def pages(endpoint, region, operation, parameters, size):
    """The pages of a list, as the SDK's own paginator reads them."""
    paginator = client(endpoint, region).get_paginator(xform_name(operation))
    return [to_json(page) for page in paginator.paginate(PaginationConfig={"PageSize": size}, **to_python(parameters))]


serve(call=call, pages=pages)
