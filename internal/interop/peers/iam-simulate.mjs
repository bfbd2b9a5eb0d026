import { runSimulation } from "@cloud-copilot/iam-simulate";
import { serve } from "./lines.mjs";

const account = "123456789012";

await serve({
  // decide returns what IAM decides on each request to invoke a method, by one policy.
  async decide({ policy, requests }) {
    const decisions = [];
    for (const { method, keys } of requests) {
      const answer = await runSimulation(
        {
          request: {
            principal: `arn:aws:iam::${account}:user/caller`,
            action: "execute-api:Invoke",
            resource: { resource: method, accountId: account },
            contextVariables: keys,
          },
          identityPolicies: [{ name: "policy", policy }],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
        {},
      );
      if (answer.resultType === "error") throw new Error(JSON.stringify(answer.errors));
      decisions.push(answer.overallResult);
    }
    return decisions;
  },
});
