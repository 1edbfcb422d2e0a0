export { type ExposureHook, type ExposureHookOptions, exposureHook } from "./exposure-hook.ts";
export { serverProvider } from "./server-provider.ts";
export { type WebProviderOptions, webProvider } from "./web-provider.ts";
