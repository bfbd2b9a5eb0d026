import * as oauth from "oauth4webapi";
import { discover, serve } from "./lines.mjs";

const clients = [];

const newHandle = (keys) => oauth.DPoP({ client_id: "interop" }, keys);

// request sends one as the library does, or whatever send does in its place.
function request({ method, url, token }, DPoP, send) {
  return oauth.protectedResourceRequest(token, method, new URL(url), undefined, undefined, {
    DPoP,
    ...(send && { [oauth.customFetch]: send }),
  });
}

serve({
  async client({ algorithm }) {
    const keys = await oauth.generateKeyPair(algorithm);
    const handle = newHandle(keys);
    return { client: clients.push({ keys, handle }) - 1, thumbprint: await handle.calculateThumbprint() };
  },

  // proof returns the proof of a request that is not sent.
  async proof({ client, ...wanted }) {
    let proof;
    await request(wanted, newHandle(clients[client].keys), async (_, { headers }) => {
      proof = new Headers(headers).get("dpop");
      return new Response();
    });
    return proof;
  },

  // call sends a request, and sends it again with the nonce if the library says so.
  async call({ client, ...wanted }) {
    const { handle } = clients[client];
    for (const nonces of [0, 1]) {
      try {
        const response = await request(wanted, handle);
        return { status: response.status, body: await response.text(), nonces };
      } catch (err) {
        if (nonces === 0 && oauth.isDPoPNonceError(err)) continue;
        if (!(err instanceof oauth.WWWAuthenticateChallengeError)) throw err;
        return { status: err.status, challenges: err.cause, nonces };
      }
    }
  },

  // check has the library decide a request, as an API would.
  async check({ issuer, audience, method, url, token, proof }) {
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    const { sub } = await oauth.validateJwtAccessToken(
      await discover(issuer), new Request(url, { method, headers }), audience, { requireDPoP: true },
    );
    return sub;
  },
});
