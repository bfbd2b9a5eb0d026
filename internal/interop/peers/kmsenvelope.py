"""The two functions of https://github.com/Eascen/api-gateway-jwt, as they behave: with
PyJWT and boto3, in front of any KMS. What is the document's own stays, faults included."""

import base64
import datetime
import json

import boto3
import jwt
from botocore.config import Config
from lines import serve


def kms(endpoint, region):
    return boto3.client(
        "kms", endpoint_url=endpoint, region_name=region,
        aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}))


def login(endpoint, region, key, event):
    """A token for whoever asks: the document leaves passwords to whoever copies it."""
    form = json.loads(event["body"])
    user, _ = form["username"], form["password"]
    made = kms(endpoint, region).generate_data_key(KeyId=key, NumberOfBytes=32)
    token = jwt.encode(
        {"Username": user, "exp": datetime.datetime.utcnow() + datetime.timedelta(hours=1)},
        base64.b64encode(made["Plaintext"]), algorithm="HS256",
        headers={"KID": base64.b64encode(made["CiphertextBlob"]).decode()})
    return {"statusCode": 200, "headers": {"JWT_Token": token}}


def authorizer(endpoint, region, key, event):
    """Everything that goes wrong is a Deny, an outage of KMS too."""
    principal, effect = "nobody", "Deny"
    try:
        token = event["authorizationToken"]
        blob = base64.b64decode(jwt.get_unverified_header(token)["KID"])
        opened = kms(endpoint, region).decrypt(CiphertextBlob=blob, KeyId=key)
        principal = jwt.decode(token, base64.b64encode(opened["Plaintext"]), algorithms=["HS256"])["Username"]
        effect = "Allow"
    except Exception:
        pass
    arn = event["methodArn"].split(":", 5)
    api, stage = arn[5].split("/")[:2]
    resource = ":".join(["arn:aws:execute-api", arn[3], arn[4], f"{api}/{stage}/*/*"])
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": [resource]}],
        },
        "context": {"key": "value", "number": 1, "bool": True},
    }


serve(login=login, authorizer=authorizer)
