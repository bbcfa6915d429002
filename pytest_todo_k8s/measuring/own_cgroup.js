// Reads the cgroup of the container it runs in, once a second: node -e SCRIPT ROOT READINGS own ID
// It prints what `cgroups.parse` reads, as cgroups.sh does, in a container that has Node.js and no shell.
const { closeSync, existsSync, openSync, readSync, readdirSync } = require("fs");

const [root, readings, , id] = process.argv.slice(1);
const folders = [root, ...(existsSync(root) ? readdirSync(root).map((name) => `${root}/${name}`) : [])];
const holding = (file) => folders.find((folder) => existsSync(`${folder}/${file}`));

// One buffer for all readings: readFileSync takes a large new one for each file whose size the kernel gives as 0, and
// what it leaves until the next garbage collection would be counted as the container's (60 MiB after 40 readings).
const buffer = Buffer.alloc(16384);

function words(path) {
  let file;
  try {
    file = openSync(path, "r");
    let length = 0;
    for (let more = 1; more > 0; length += more) more = readSync(file, buffer, length, buffer.length - length, null);
    return buffer.latin1Slice(0, length).trim().split(/\s+/);
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const first = (path) => words(path)[0] || "-";

function pick(path, key) {
  const found = words(path);
  return found[found.indexOf(key) + 1 || found.length] || "-";
}

const version = existsSync(`${root}/memory.current`) ? 2 : 1;
const files = version === 2 ? ["memory.current", "cpu.stat", "cpu.stat"] : ["memory.usage_in_bytes", "cpu.cfs_quota_us", "cpuacct.usage"];
const [memory, cpu, account] = files.map(holding);

function limits() {
  const [quota, period] = version === 2 ? words(`${cpu}/cpu.max`) : [first(`${cpu}/cpu.cfs_quota_us`), first(`${cpu}/cpu.cfs_period_us`)];
  const bytes = first(`${memory}/${version === 2 ? "memory.max" : "memory.limit_in_bytes"}`);
  console.log(`limits ${id} ${version} ${quota || "-"} ${period || "-"} ${bytes}`);
}

function use() {
  const used = version === 2 ? pick(`${cpu}/cpu.stat`, "usage_usec") : first(`${account}/cpuacct.usage`);
  const bytes = first(`${memory}/${files[0]}`);
  const inactive = pick(`${memory}/memory.stat`, version === 2 ? "inactive_file" : "total_inactive_file");
  const periods = pick(`${cpu}/cpu.stat`, "nr_periods");
  const throttled = pick(`${cpu}/cpu.stat`, "nr_throttled");
  console.log(`use ${id} ${first("/proc/uptime")} ${used} ${bytes} ${inactive} ${periods} ${throttled}`);
}

function read(left) {
  use();
  if (left > 1) setTimeout(read, 1000, left - 1);
}

if (memory && cpu && account) {
  limits();
  read(Number(readings));
} else {
  console.log(`missing ${id}`);
}
