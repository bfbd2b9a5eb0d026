import { createSigner, createVerifier } from "fast-jwt";
import { serve } from "./lines.mjs";
import { generate, importKey, publishedKey } from "./nodekeys.mjs";

// fast-jwt takes text or bytes for a key.
function text(key) {
  if (key.type === "secret") return key.export();
  return key.export({ format: "pem", type: key.type === "public" ? "spki" : "pkcs8" });
}

serve({
  verify({ token, algorithm, issuer, audience, secret }) {
    const key = async ({ header }) => text(secret ? importKey(secret) : await publishedKey(issuer, header.kid));
    return createVerifier({ key, algorithms: [algorithm], allowedIss: issuer, allowedAud: audience })(token);
  },

  generate,

  sign({ algorithm, kid, key, claims }) {
    if (algorithm === "none") return createSigner({ algorithm })(claims);
    return createSigner({ algorithm, kid, key: text(importKey(key)) })(claims);
  },
});
