// The two functions of "How to use JWT tokens for authorization with AWS KMS in NodeJs
// Lambdas", as they behave, in front of any KMS. What is the document's own stays, faults
// included. Mended is what does not run: its quotation marks, and base64url, which Node
// has of its own.
import { KMSClient, SignCommand, VerifyCommand } from "@aws-sdk/client-kms";
import { serve } from "./lines.mjs";

const algorithm = "RSASSA_PKCS1_V1_5_SHA_256";

function client(endpoint, region) {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  return new KMSClient({ endpoint, region, credentials, maxAttempts: 1 });
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

serve({
  // A token for whoever asks, always of the same user.
  async login({ endpoint, region, key }) {
    const now = Math.floor(Date.now() / 1000);
    const input =
      encode({ alg: "RS256", typ: "JWT", kid: key }) + "." + encode({ user_name: "ala", iat: now, exp: now + 24 * 60 * 60 });
    const signed = await client(endpoint, region).send(
      new SignCommand({ KeyId: key, Message: Buffer.from(input), SigningAlgorithm: algorithm, MessageType: "RAW" }),
    );
    const token = input + "." + Buffer.from(signed.Signature).toString("base64");
    return { isBase64Encoded: false, statusCode: 200, body: JSON.stringify(token) };
  },

  // Looks at nothing but the signature. KMS throws where that is wrong.
  async authorizer({ endpoint, region, key, event }) {
    const token = event.authorizationToken.replace(/^Bearer\s+/, "");
    const [header, payload, signature] = token.split(".");
    Buffer.from(payload, "base64");
    const verified = await client(endpoint, region).send(
      new VerifyCommand({
        KeyId: key,
        Message: Buffer.from(header + "." + payload),
        MessageType: "RAW",
        Signature: Buffer.from(signature, "base64"),
        SigningAlgorithm: algorithm,
      }),
    );
    const Effect = verified.SignatureValid ? "Allow" : "Deny";
    return {
      principalId: "user",
      policyDocument: {
        Version: "2012-10-17",
        Statement: [{ Action: "execute-api:Invoke", Effect, Resource: event.methodArn }],
      },
    };
  },
});
