import * as jose from "jose";
import { discover, serve } from "./lines.mjs";

const sets = new Map();

async function remoteSet(issuer) {
  if (!sets.has(issuer)) {
    const { jwks_uri } = await discover(issuer);
    sets.set(issuer, jose.createRemoteJWKSet(new URL(jwks_uri)));
  }
  return sets.get(issuer);
}

function importKey(key, algorithm) {
  return typeof key === "string" ? jose.importPKCS8(key, algorithm) : jose.importJWK(key, algorithm);
}

serve({
  async verify({ token, algorithm, issuer, audience, secret }) {
    const keys = secret ? await importKey(secret, algorithm) : await remoteSet(issuer);
    const { payload } = await jose.jwtVerify(token, keys, { algorithms: [algorithm], issuer, audience });
    return payload;
  },

  async generate({ algorithm, kid }) {
    const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true });
    return {
      public: { ...(await jose.exportJWK(publicKey)), kid, alg: algorithm, use: "sig" },
      private: await jose.exportJWK(privateKey),
    };
  },

  async sign({ algorithm, kid, key, claims }) {
    if (algorithm === "none") return new jose.UnsecuredJWT(claims).encode();
    const header = { alg: algorithm, kid, typ: "JWT" };
    return new jose.SignJWT(claims).setProtectedHeader(header).sign(await importKey(key, algorithm));
  },

  thumbprint: ({ key }) => jose.calculateJwkThumbprint(key),
});
