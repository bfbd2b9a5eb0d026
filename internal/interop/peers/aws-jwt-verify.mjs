import { CognitoJwtVerifier, JwtVerifier } from "aws-jwt-verify";
import { SimpleFetcher } from "aws-jwt-verify/https";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { serve } from "./lines.mjs";

const verifiers = new Map();

// It finds the set by itself, behind the issuer.
function verifierOf(issuer) {
  if (!verifiers.has(issuer)) verifiers.set(issuer, JwtVerifier.create({ issuer, audience: null }));
  return verifiers.get(issuer);
}

serve({
  verify: ({ token, issuer, audience }) => verifierOf(issuer).verify(token, { audience }),

  // A user pool is at Amazon's own address: only the fetch goes elsewhere.
  verifyCognito({ token, userPoolId, clientId, tokenUse, address }) {
    const fetcher = { fetch: (uri) => new SimpleFetcher().fetch(address + new URL(uri).pathname) };
    const pool = { userPoolId, clientId, tokenUse };
    return CognitoJwtVerifier.create(pool, { jwksCache: new SimpleJwksCache({ fetcher }) }).verify(token);
  },
});
