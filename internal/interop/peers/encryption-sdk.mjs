// The AWS Encryption SDK: messages that hold their data key, encrypted by KMS.
import { buildAwsKmsMrkAwareStrictMultiKeyringNode, buildClient, CommitmentPolicy, KMS } from "@aws-crypto/client-node";
import { serve } from "./lines.mjs";

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

// keyring calls KMS at the endpoint of each key's Region.
function keyring(endpoints, keys) {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  return buildAwsKmsMrkAwareStrictMultiKeyringNode({
    generatorKeyId: keys[0],
    keyIds: keys.slice(1),
    clientProvider: (region) => new KMS({ region, endpoint: endpoints[region], credentials, maxAttempts: 1 }),
  });
}

serve({
  async encrypt({ endpoints, keys, plaintext, context }) {
    const { result } = await encrypt(keyring(endpoints, keys), plaintext, { encryptionContext: context });
    return result.toString("base64");
  },

  async decrypt({ endpoints, keys, message }) {
    const { plaintext, messageHeader } = await decrypt(keyring(endpoints, keys), Buffer.from(message, "base64"));
    return { plaintext: plaintext.toString(), context: messageHeader.encryptionContext };
  },
});
