import { node } from "./program.mjs";

/**
 * Texts of ES modules that build app.js into bundle/NAME/app.js, by the bundler's own interface and
 * with its defaults.
 */
const BUILDS = {
  webpack: `
    import webpack from "webpack";
    const config = {
      mode: "production", entry: "./app.js", performance: false,
      output: { path: process.cwd() + "/bundle/webpack", filename: "app.js" },
    };
    webpack(config, (error, stats) => {
      if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString());
    });`,
  rspack: `
    import { rspack } from "@rspack/core";
    const config = {
      mode: "production", entry: "./app.js", performance: false,
      output: { path: process.cwd() + "/bundle/rspack", filename: "app.js" },
    };
    rspack(config, (error, stats) => {
      if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString());
    });`,
  vite: `
    import { build } from "vite";
    await build({
      configFile: false, logLevel: "error",
      build: {
        outDir: "bundle/vite",
        rollupOptions: { input: "app.js", output: { format: "es", entryFileNames: "app.js" } },
      },
    });`,
  rollup: `
    import commonjs from "@rollup/plugin-commonjs";
    import resolve from "@rollup/plugin-node-resolve";
    import replace from "@rollup/plugin-replace";
    import { rollup } from "rollup";
    // The rule language's own modules import each other in circles, and React's server components
    // need a directive that Rollup has no use for.
    const expected = ["CIRCULAR_DEPENDENCY", "MODULE_LEVEL_DIRECTIVE"];
    const onwarn = ({ code, message }) => { if (!expected.includes(code)) throw new Error(message); };
    const values = { "process.env.NODE_ENV": '"production"', preventAssignment: true };
    const plugins = [replace(values), resolve({ browser: true }), commonjs()];
    const built = await rollup({ input: "app.js", plugins, onwarn });
    await built.write({ file: "bundle/rollup/app.js", format: "es" });`,
  esbuild: `
    import { build } from "esbuild";
    const { warnings } = await build({
      entryPoints: ["app.js"], bundle: true, minify: true, format: "esm", outdir: "bundle/esbuild",
    });
    if (warnings.length > 0) throw new Error(JSON.stringify(warnings));`,
};

/** Builds app.js of a folder with one of the bundlers. */
export async function buildBy(bundler, folder) {
  if (bundler === "parcel") {
    const args = ["build", "app.js", "--dist-dir", "bundle/parcel", "--no-cache", "--no-source-maps"];
    return node(folder, ["node_modules/parcel/lib/bin.js", ...args]);
  }
  return node(folder, ["--input-type=module", "-e", BUILDS[bundler]]);
}

export const BUNDLERS = [...Object.keys(BUILDS), "parcel"];
