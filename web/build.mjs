// Writes ../src/maskeleton/page/viewer.min.js: the sources and what they use of three.js as one script, three's notice,
// and a fingerprint of what it was made from.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const read = (name) => readFileSync(new URL(name, here));
const sources = ["build.mjs", "package-lock.json", "package.json", ...readdirSync(new URL("src/", here)).sort().map((name) => `src/${name}`)];
const told = createHash("sha256");
for (const name of sources) told.update(`${name}\0`).update(read(name)).update("\0");

const banner = `/* maskeleton viewer, made by web/build from sources ${told.digest("hex")}
It contains three.js:

${read("node_modules/three/LICENSE").toString().trim()}
*/`;
const made = await build({
  entryPoints: [new URL("src/main.js", here).pathname], bundle: true, minify: true, write: false, format: "iife",
  target: "es2022", charset: "ascii", loader: { ".css": "text" }, legalComments: "none", banner: { js: banner },
});
const out = process.argv[2] ?? new URL("../src/maskeleton/page/viewer.min.js", here).pathname;
writeFileSync(out, made.outputFiles[0].text);
console.log(`${out}: ${(made.outputFiles[0].text.length / 1024).toFixed(0)} KB`);
