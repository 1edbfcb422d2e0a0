export { type ExposureHook, type ExposureHookOptions, exposureHook } from "./exposure-hook.ts";
export { serverProvider } from "./server-provider.ts";
