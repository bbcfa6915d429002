/** Entry point of the container: checks the environment, then becomes the Next.js standalone server. */
import { writeConsoleAsJson } from "./console.mjs";
import { environmentProblem } from "./environment.mjs";

const problem = environmentProblem(process.env);
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

writeConsoleAsJson();
// On SIGTERM the server finishes the requests in flight and then ends with 143, which an orchestrator shows as a crash.
process.once("SIGTERM", () => {
  process.once("exit", (code) => {
    if (code === 143) process.exitCode = 0;
  });
});

/** Made by `next build`; it lies one folder above this file in the image. */
const server = new URL("../server.js", import.meta.url);
await import(server.href);
