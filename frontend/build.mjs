// Writes dist/: app.js, charts.js, app.css and icons.svg. Names are stable; the web server adds the hashes.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build, context } from "esbuild";
import { compile } from "sass";

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");
const targets = ["chrome123", "edge123", "firefox121", "safari17.5"];

const scripts = {
  entryPoints: { app: join(home, "src/app.js"), charts: join(home, "src/charts.js") },
  outdir: dist,
  bundle: true,
  minify: true,
  format: "esm",
  target: targets,
  legalComments: "none",
  logLevel: "info",
};

async function writeStyles() {
  const { css } = compile(join(home, "src/styles/app.scss"), {
    loadPaths: [join(home, "node_modules")],
    quietDeps: true,
  });
  await build({
    stdin: { contents: css, loader: "css", resolveDir: home, sourcefile: "app.css" },
    outfile: join(dist, "app.css"),
    minify: true,
    target: targets,
    logLevel: "info",
  });
}

async function writeIcons() {
  const names = JSON.parse(await readFile(join(home, "src/icons.json"), "utf8"));
  const symbols = await Promise.all(names.map(readSymbol));
  await writeFile(join(dist, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

async function readSymbol(name) {
  const [style, file] = name.endsWith("-filled") ? ["filled", name.replace(/-filled$/, "")] : ["outline", name];
  const svg = await readFile(join(home, "node_modules/@tabler/icons/icons", style, `${file}.svg`), "utf8");
  const shapes = svg
    .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, "")
    .replace(/\s+/g, " ")
    .trim();
  const paint = style === "filled" ? ' fill="currentColor" stroke="none"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"><g${paint}>${shapes}</g></symbol>`;
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([writeStyles(), writeIcons()]);
if (process.argv.includes("--watch")) {
  await (await context(scripts)).watch();
} else {
  await build(scripts);
}
