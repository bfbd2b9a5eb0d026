// dynalite, a DynamoDB in memory, on a free port.
import dynalite from "dynalite";
import { serve } from "./lines.mjs";

const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

await serve({
  listen() {
    return new Promise((resolve, reject) => {
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
    });
  },
});
process.exit(); // whatever is still connected
