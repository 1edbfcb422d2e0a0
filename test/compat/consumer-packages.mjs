/**
 * What the consumers are built and installed with, pinned; installed into a temporary folder, not
 * into this project.
 */
export const BUNDLER_PACKAGES = {
  "@rollup/plugin-node-resolve": "16.0.3",
  "@rspack/core": "2.3.3",
  "@types/node": "20.19.43",
  esbuild: "0.28.2",
  parcel: "2.16.4",
  rollup: "4.68.8",
  typescript: "7.0.2",
  vite: "8.4.0",
  webpack: "5.113.0",
};
