// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { readCookie, writeCookie } from "../../tag/device.ts";

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

test.each([
  ["alone", "device_id=abc-1"],
  ["first", "device_id=abc-1; other=2"],
  ["last", "other=2; device_id=abc-1"],
  ["between lookalikes", "my_device_id=x; device_id=abc-1; device_id2=y"],
])("is the one of the cookie, which only to read sets none: %s", (_, present) => {
  const set = cookies(present);
  expect(readCookie()).toBe("abc-1");
  expect(set).not.toHaveBeenCalled();
});

test.each(["", "my_device_id=x", "device_id2=y", "device_id=", "x=device_id=z"])("is none in %j", (present) => {
  cookies(present);
  expect(readCookie()).toBeUndefined();
});

describe("the cookie", () => {
  test("lives for a year", () => {
    const set = cookies("");
    writeCookie("abc", "");
    expect(set.mock.calls).toEqual([["device_id=abc;path=/;max-age=31536000;samesite=lax;domain="]]);
  });

  test("has the domain that the page says", () => {
    const set = cookies("");
    writeCookie("a", ".example.com");
    expect(set).toHaveBeenCalledWith("device_id=a;path=/;max-age=31536000;samesite=lax;domain=.example.com");
  });

  test("is secure on https, and only there", () => {
    const set = cookies("");
    vi.stubGlobal("location", { protocol: "https:" });
    writeCookie("a", "");
    expect(set).toHaveBeenCalledWith("device_id=a;path=/;max-age=31536000;samesite=lax;domain=;secure");
  });

  test("can be ended", () => {
    const set = cookies("");
    writeCookie("a", "", 0);
    expect(set).toHaveBeenCalledWith("device_id=a;path=/;max-age=0;samesite=lax;domain=");
  });
});

test("a page without cookies has none, and no error", () => {
  cookies(new DOMException("The document is sandboxed", "SecurityError"));
  expect(readCookie()).toBeUndefined();
  expect(() => writeCookie("a", "")).not.toThrow();
});
