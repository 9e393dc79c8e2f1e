// Bundles the page and the dashboards into build/page.html: node build.mjs OUT
import { build } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";

const out = process.argv[2];
mkdirSync(out, { recursive: true });
await build({
  entryPoints: ["page.jsx"],
  bundle: true,
  outfile: `${out}/page.js`,
  format: "iife",
  jsx: "automatic",
  loader: { ".json": "json", ".svg": "dataurl", ".woff2": "dataurl", ".ttf": "empty" },
  define: { "process.env.NODE_ENV": '"production"', global: "window" },
  logLevel: "error",
});
writeFileSync(`${out}/page.html`, '<!doctype html><meta charset="utf-8"><title>pictures</title><link rel="stylesheet" href="page.css"><div id="page"></div><script src="page.js"></script>');
