// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { deviceId } from "../../tag/device.ts";

/** What the page's cookies are, and what was set. */
function cookies(present: string | Error) {
  const set = vi.fn();
  Object.defineProperty(document, "cookie", {
    configurable: true,
    get() {
      if (present instanceof Error) throw present;
      return present;
    },
    set(text: string) {
      if (present instanceof Error) throw present;
      set(text);
    },
  });
  return set;
}

afterEach(() => {
  Reflect.deleteProperty(document, "cookie");
  vi.unstubAllGlobals();
});

test("makes an id of 128 random bits and keeps it for a year", () => {
  const set = cookies("");
  const id = deviceId(undefined);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(set.mock.calls).toEqual([[`device_id=${id};path=/;max-age=31536000;samesite=lax`]]);
});

test.each([
  ["alone", "device_id=abc-1"],
  ["first", "device_id=abc-1; other=2"],
  ["last", "other=2; device_id=abc-1"],
  ["between lookalikes", "my_device_id=x; device_id=abc-1; device_id2=y"],
])("takes the id of the cookie, and lets it live for another year: %s", (_, present) => {
  const set = cookies(present);
  expect(deviceId(undefined)).toBe("abc-1");
  expect(set).toHaveBeenCalledWith("device_id=abc-1;path=/;max-age=31536000;samesite=lax");
});

test.each([
  "",
  "my_device_id=x",
  "device_id2=y",
  "device_id=",
  "x=device_id=z",
])("makes an id when the cookies are %j", (present) => {
  cookies(present);
  expect(deviceId(undefined)).toMatch(/^[0-9a-f]{32}$/);
});

describe("attributes", () => {
  test("the domain is what the page says", () => {
    const set = cookies("device_id=a");
    deviceId(".example.com");
    expect(set).toHaveBeenCalledWith("device_id=a;path=/;max-age=31536000;samesite=lax;domain=.example.com");
  });

  test("secure on https, and only there", () => {
    const set = cookies("device_id=a");
    vi.stubGlobal("location", { protocol: "https:" });
    deviceId(undefined);
    expect(set).toHaveBeenCalledWith("device_id=a;path=/;max-age=31536000;samesite=lax;secure");
  });
});

test("a page without cookies gets an id all the same, another one each time", () => {
  cookies(new DOMException("The document is sandboxed", "SecurityError"));
  const ids = [deviceId(undefined), deviceId(undefined)];
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(ids[0]).not.toBe(ids[1]);
});

test("needs neither randomUUID nor subtle, which plain http does not have", () => {
  cookies("");
  const { getRandomValues } = crypto;
  vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(crypto) });
  expect(deviceId(undefined)).toMatch(/^[0-9a-f]{32}$/);
});
