import { format, stripVTControlCharacters } from "node:util";

/** Level of a log line by the console method that wrote it. */
const LEVELS = /** @type {const} */ ({ debug: "debug", log: "info", info: "info", warn: "warning", error: "error" });

/**
 * Turn one console call into one log line.
 *
 * @param {string} level
 * @param {readonly unknown[]} values what was given to the console
 * @param {Date} time
 * @returns {string | null} one JSON object without a line end, or null when there is nothing to say
 */
export function consoleLine(level, values, time) {
  const message = stripVTControlCharacters(format(...values)).trim();
  return message ? JSON.stringify({ time: time.toISOString(), level, message }) : null;
}

/** Make the console write one JSON object per line on standard output, as the rest of the application does. */
export function writeConsoleAsJson() {
  for (const [method, level] of Object.entries(LEVELS)) {
    console[/** @type {keyof typeof LEVELS} */ (method)] = (...values) => {
      const line = consoleLine(level, values, new Date());
      if (line) process.stdout.write(`${line}\n`);
    };
  }
}
