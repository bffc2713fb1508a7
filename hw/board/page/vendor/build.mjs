// Makes elements.js and LICENSES.txt anew: run by "make board-bundle", after npm
// has fetched exactly what package-lock.json names.
//
//     node build.mjs FOLDER      writes the two files there

import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const folder = process.argv[2];
const result = await build({
  entryPoints: ["parts.js"],
  outfile: join(folder, "elements.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  metafile: true,
  banner: { js: "// Made by make board-bundle; the licences are in LICENSES.txt." },
});

// The packages whose code really went into the bundle, each with its licence.
const packages = new Set();
for (const path of Object.keys(result.metafile.inputs)) {
  const name = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (name) packages.add(name[1]);
}
let text = "elements.js holds code of these packages of the npm registry.\n";
for (const name of [...packages].sort()) {
  const { version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
  const licence = await readFile(`node_modules/${name}/LICENSE`, "utf8");
  text += `\n---- ${name} ${version} ----\n\n${licence.trim()}\n`;
}
await writeFile(join(folder, "LICENSES.txt"), text);
