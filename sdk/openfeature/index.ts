export { type ExposureHook, type ExposureHookOptions, exposureHook } from "./exposure-hook.ts";
