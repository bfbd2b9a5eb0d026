import jwt from "jsonwebtoken";
import { serve } from "./lines.mjs";
import { generate, importKey, publishedKey } from "./nodekeys.mjs";

serve({
  verify({ token, algorithm, issuer, audience, secret }) {
    const getKey = ({ kid }, done) =>
      (secret ? Promise.resolve(importKey(secret)) : publishedKey(issuer, kid)).then((key) => done(null, key), done);
    return new Promise((resolve, reject) =>
      jwt.verify(token, getKey, { algorithms: [algorithm], issuer, audience }, (err, claims) =>
        err ? reject(err) : resolve(claims),
      ),
    );
  },

  generate,

  sign({ algorithm, kid, key, claims }) {
    if (algorithm === "none") return jwt.sign(claims, "", { algorithm });
    return jwt.sign(claims, importKey(key), { algorithm, keyid: kid });
  },
});
