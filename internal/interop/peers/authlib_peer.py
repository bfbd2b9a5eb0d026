from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url

from lines import get_json, serve

CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
sets = {}


def metadata(issuer):
    document = OpenIDProviderMetadata(get_json(get_well_known_url(issuer, external=True)))
    document.validate()
    if document["issuer"] != issuer:
        raise ValueError("discovery names another issuer")
    return document


def published_keys(issuer):
    if issuer not in sets:
        sets[issuer] = JsonWebKey.import_key_set(get_json(metadata(issuer)["jwks_uri"]))
    return sets[issuer]


def verify(token, algorithm, issuer, audience, secret=None):
    keys = JsonWebKey.import_key(secret) if secret else published_keys(issuer)
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": audience},
        "exp": {"essential": True},
    }
    claims = JsonWebToken([algorithm]).decode(token, keys, claims_options=options)
    claims.validate()
    return claims


def generate(algorithm, kid):
    """A key pair as JWK, but EC keys as PEM, see README."""
    kty, kind = ("EC", CURVES[algorithm]) if algorithm in CURVES else ("RSA", 2048)
    if algorithm == "EdDSA":
        kty, kind = "OKP", "Ed25519"
    key = JsonWebKey.generate_key(kty, kind, is_private=True)
    if kty == "EC":
        return {"public": key.as_pem().decode(), "private": key.as_pem(is_private=True).decode()}
    return {"public": key.as_dict(kid=kid, alg=algorithm, use="sig"), "private": key.as_dict(is_private=True)}


def sign(algorithm, claims, kid=None, key=None):
    header = {"alg": algorithm}
    if algorithm == "none":
        return JsonWebToken(["none"]).encode(header, claims, "").decode()
    header["kid"] = kid
    return JsonWebToken([algorithm]).encode(header, claims, import_key(key)).decode()


def import_key(key):
    if isinstance(key, dict):  # a kid of the key would take the place of the header's
        key = {name: value for name, value in key.items() if name != "kid"}
    return JsonWebKey.import_key(key)


def export(algorithm, key):
    """The public half of a private key, as the JWK that authlib makes of it."""
    return import_key(key).as_dict()


def thumbprint(key):
    return JsonWebKey.import_key(key).thumbprint()


serve(verify=verify, generate=generate, sign=sign, thumbprint=thumbprint, export=export)
