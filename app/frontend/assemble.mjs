/** Last step of `npm run build`: makes `.next/standalone` the whole server, ready to be copied and started. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const manifest = /** @type {{ polyfillFiles: string[] }} */ (
  JSON.parse(readFileSync(".next/build-manifest.json", "utf8"))
);
// These 110 kB serve browsers without ES modules, in which the pages do not run anyway; older ones get an empty file.
for (const file of manifest.polyfillFiles) writeFileSync(`.next/${file}`, "");

cpSync(".next/static", ".next/standalone/.next/static", { recursive: true });
cpSync("runtime", ".next/standalone/runtime", { recursive: true });
forgetKeys(".next/standalone/.next");

/**
 * Replaces the random keys of preview mode and of server actions, neither of which the application has: the same sources
 * then give the same files, and no image carries a secret. Half a surrogate pair takes the place of preview mode's keys:
 * no request header and no cookie can carry one, so that nobody can switch that mode on.
 * @param {string} folder
 */
function forgetKeys(folder) {
  const previews = /** @type {Record<string, string>} */ (
    JSON.parse(readFileSync(join(folder, "server/preview-props.json"), "utf8"))
  );
  const actions = /** @type {{ node: object; edge: object; encryptionKey: string }} */ (
    JSON.parse(readFileSync(join(folder, "server/server-reference-manifest.json"), "utf8"))
  );
  if (Object.keys({ ...actions.node, ...actions.edge }).length > 0) {
    throw new Error("assemble.mjs takes away the key of server actions: give them one at run time before adding any");
  }
  const keys = new Map(Object.values(previews).map((key) => [key, String.raw`\ud800`]));
  keys.set(actions.encryptionKey, Buffer.alloc(32).toString("base64"));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:json|js)$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file, "utf8");
    const changed = [...keys].reduce((result, [key, replacement]) => result.replaceAll(key, () => replacement), text);
    if (changed !== text) writeFileSync(file, changed);
  }
}
