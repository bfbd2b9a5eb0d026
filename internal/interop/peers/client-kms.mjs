// Amazon's SDK for JavaScript, in front of any KMS. Bytes travel as {"base64": ...}.
import * as sdk from "@aws-sdk/client-kms";
import { serve } from "./lines.mjs";

const clients = new Map();

function clientOf(endpoint, region) {
  if (!clients.has(endpoint)) {
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    clients.set(endpoint, new sdk.KMSClient({ endpoint, region, credentials, maxAttempts: 1 }));
  }
  return clients.get(endpoint);
}

function map(value, change) {
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((v) => map(v, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, map(v, change)]));
}

const toSDK = (value) => map(value, (v) => (v?.base64 === undefined ? undefined : Buffer.from(v.base64, "base64")));

const toJSON = ({ $metadata, ...answer }) =>
  map(answer, (v) => {
    if (v instanceof Uint8Array) return { base64: Buffer.from(v).toString("base64") };
    if (v instanceof Date) return v.toISOString();
  });

serve({
  async call({ endpoint, region, operation, parameters }) {
    return toJSON(await clientOf(endpoint, region).send(new sdk[operation + "Command"](toSDK(parameters))));
  },

  // The pages of a list, as the SDK's own paginator reads them.
  async pages({ endpoint, region, operation, parameters, size }) {
    const pages = [];
    const paginate = sdk["paginate" + operation];
    for await (const page of paginate({ client: clientOf(endpoint, region), pageSize: size }, toSDK(parameters))) {
      pages.push(toJSON(page));
    }
    return pages;
  },
});
