/**
 * Packages of each consumer beside the package itself, pinned; installed into a temporary folder,
 * not into this project.
 */
export const REACT = { react: "19.3.1", "react-dom": "19.3.1" };
const TYPESCRIPT = { typescript: "7.0.2", "@types/react": "19.3.3" };

export const CONSUMER_PACKAGES = {
  webpack: { webpack: "5.113.0", ...REACT },
  rspack: { "@rspack/core": "2.3.3", ...REACT },
  vite: { vite: "8.4.0", ...REACT },
  rollup: {
    rollup: "4.68.8",
    "@rollup/plugin-commonjs": "29.0.3",
    "@rollup/plugin-node-resolve": "16.0.3",
    "@rollup/plugin-replace": "6.0.3",
    ...REACT,
  },
  esbuild: { esbuild: "0.28.2", ...REACT },
  parcel: { parcel: "2.16.4", ...REACT },
  nodenext: { ...TYPESCRIPT, ...REACT },
  bundler: { ...TYPESCRIPT, ...REACT },
};

/** Version of a bundler or compiler, for the table; undefined for a package manager. */
export const versionOf = (consumer) => Object.values(CONSUMER_PACKAGES[consumer] ?? {})[0];
