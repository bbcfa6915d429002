/** Health check of the image: ends with 0 when the server on this machine answers as it should, else with 1. */
const address = `http://127.0.0.1:${process.env.PORT ?? "3000"}/api/health`;
const healthy = await fetch(address, { signal: AbortSignal.timeout(2_000) }).then(
  (response) => response.ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
