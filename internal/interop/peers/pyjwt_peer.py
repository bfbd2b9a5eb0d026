import json

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key,
)

from lines import get_json, serve

ALGORITHMS = jwt.algorithms.get_default_algorithms()
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
clients = {}


def published_key(issuer, token):
    if issuer not in clients:
        document = get_json(issuer + "/.well-known/openid-configuration")
        if document["issuer"] != issuer:
            raise ValueError("discovery names another issuer")
        clients[issuer] = jwt.PyJWKClient(document["jwks_uri"])
    return clients[issuer].get_signing_key_from_jwt(token).key


def import_key(algorithm, key):
    if isinstance(key, str):
        return load_pem_private_key(key.encode(), None)
    return ALGORITHMS[algorithm].from_jwk(key)


def verify(token, algorithm, issuer, audience, secret=None):
    key = import_key(algorithm, secret) if secret else published_key(issuer, token)
    return jwt.decode(token, key, algorithms=[algorithm], issuer=issuer, audience=audience)


def generate(algorithm, kid):
    """PyJWT makes no keys, the cryptography package does. EC keys go as PEM, see README."""
    if algorithm in CURVES:
        key = ec.generate_private_key(CURVES[algorithm]())
    elif algorithm == "EdDSA":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if algorithm in CURVES:
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    else:
        public = export(algorithm, private.decode()) | {"kid": kid, "alg": algorithm, "use": "sig"}
    return {"public": public, "private": private.decode()}


def sign(algorithm, claims, kid=None, key=None):
    if algorithm == "none":
        return jwt.encode(claims, None, algorithm="none")
    return jwt.encode(claims, import_key(algorithm, key), algorithm=algorithm, headers={"kid": kid})


def export(algorithm, key):
    """The public half of a private key, as the JWK that PyJWT makes of it."""
    public = import_key(algorithm, key).public_key()
    return json.loads(ALGORITHMS[algorithm].to_jwk(public))


serve(verify=verify, generate=generate, sign=sign, export=export)
