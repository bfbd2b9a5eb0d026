import * as dpop from "dpop";
import { serve } from "./lines.mjs";

const clients = [];

serve({
  async client({ algorithm }) {
    const keys = await dpop.generateKeyPair(algorithm);
    return { client: clients.push(keys) - 1, thumbprint: await dpop.calculateThumbprint(keys.publicKey) };
  },

  proof: ({ client, method, url, token, nonce }) => dpop.generateProof(clients[client], url, method, nonce, token),
});
