// Unpacks the browser of its package below TMPDIR and prints where it stands and where its libraries are.
import chromium from "@sparticuz/chromium";

const executable = await chromium.executablePath();
console.log(JSON.stringify({ executable, libraries: process.env.LD_LIBRARY_PATH }));
