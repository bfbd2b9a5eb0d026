// An issuer that is alive: it publishes its discovery document and key set, and its token
// endpoint gives JWT access tokens to one client.
import { createServer } from "node:https";
import Provider from "oidc-provider";
import { serve } from "./lines.mjs";

console.info = console.error; // standard output is for answers

const servers = new Map(); // by issuer
const clients = [{
  client_id: "interop", client_secret: "interop-secret", scope: "orders:read",
  grant_types: ["client_credentials"], redirect_uris: [], response_types: [],
}];

// configuration returns that of a provider with these keys, or with its default ones. What
// a token is to be signed with, the resource asked for says at its end.
function configuration(jwks, algorithms) {
  return {
    clients,
    ...(jwks && { jwks }),
    ...(algorithms && { enabledJWA: { idTokenSigningAlgValues: algorithms } }),
    scopes: ["orders:read"],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => ({
          scope: "orders:read", accessTokenFormat: "jwt", accessTokenTTL: 300,
          jwt: { sign: { alg: resource.slice(resource.lastIndexOf("/") + 1) } },
        }),
      },
    },
  };
}

await serve({
  // start starts an issuer with its default keys or those given, and returns its name.
  async start({ key, certificate, jwks, algorithms }) {
    const server = createServer({ key, cert: certificate });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const issuer = `https://127.0.0.1:${server.address().port}`;
    servers.set(issuer, server);
    server.on("request", new Provider(issuer, configuration(jwks, algorithms)).callback());
    return issuer;
  },

  // restart does what a new start with other keys does, without notice.
  restart({ issuer, jwks, algorithms }) {
    const server = servers.get(issuer);
    server.removeAllListeners("request");
    server.on("request", new Provider(issuer, configuration(jwks, algorithms)).callback());
  },
});

for (const server of servers.values()) {
  server.close();
  server.closeAllConnections();
}
