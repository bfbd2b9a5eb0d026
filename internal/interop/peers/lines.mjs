// What the scripts of all Node peers have in common: requests come as lines of JSON,
// and each is answered with one.
import { createInterface } from "node:readline";

// serve answers {"op": ...} with what the function of that name returns, or throws.
export async function serve(ops) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...request } = JSON.parse(line);
    let answer;
    try {
      answer = { result: await ops[op](request) };
    } catch (err) {
      answer = { error: `${err.code ?? err.name}: ${err.message}` };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

// discover reads the discovery document of an issuer.
export async function discover(issuer) {
  const document = await getJSON(issuer + "/.well-known/openid-configuration");
  if (document.issuer !== issuer) throw new Error(`discovery names ${document.issuer}`);
  return document;
}

export async function getJSON(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}
