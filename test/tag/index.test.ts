// @vitest-environment happy-dom
import { expect, it, vi } from "vitest";

it("a page that is rendered ahead of its visit has no visitor until the visit begins", async () => {
  const fetch = vi.fn(() => new Promise<Response>(() => undefined));
  vi.stubGlobal("fetch", fetch);
  Object.defineProperty(document, "prerendering", { value: true, configurable: true });
  await import("../../tag/index.ts");
  expect(fetch).not.toHaveBeenCalled();
  expect(document.cookie).toBe("");
  document.dispatchEvent(new Event("prerenderingchange"));
  expect(fetch).toHaveBeenCalledOnce();
});
