// Keys for the libraries that leave them to Node: jsonwebtoken and fast-jwt.
import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync } from "node:crypto";
import { discover, getJSON } from "./lines.mjs";

const sets = new Map();

// publishedKey returns the key of this kid that the issuer publishes.
export async function publishedKey(issuer, kid) {
  if (!sets.has(issuer)) {
    const { jwks_uri } = await discover(issuer);
    sets.set(issuer, await getJSON(jwks_uri));
  }
  const jwk = sets.get(issuer).keys.find((key) => key.kid === kid);
  if (!jwk) throw new Error("no key of this kid");
  return createPublicKey({ key: jwk, format: "jwk" });
}

// importKey reads what signs: a PEM, or a JWK of a private key or a secret.
export function importKey(key) {
  if (typeof key === "string") return createPrivateKey(key);
  if (key.kty === "oct") return createSecretKey(key.k, "base64url");
  return createPrivateKey({ key, format: "jwk" });
}

// generate makes a key pair, both halves as JWK.
export function generate({ algorithm, kid }) {
  const { publicKey, privateKey } = generateKeyPairSync(...parameters(algorithm));
  return {
    public: { ...publicKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" },
    private: privateKey.export({ format: "jwk" }),
  };
}

function parameters(algorithm) {
  const curves = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
  if (algorithm in curves) return ["ec", { namedCurve: curves[algorithm] }];
  if (algorithm === "EdDSA") return ["ed25519"];
  return ["rsa", { modulusLength: 2048 }];
}
