// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { changeCookie, readCookie, readDevice } from "../../tag/identity.ts";
import { forgetDevice, keepDevice } from "../../tag/keep-device.ts";
import { openStorage } from "../../tag/storage.ts";

const ID = "0123456789abcdef0123456789abcdef";
const OTHER = "fedcba9876543210fedcba9876543210";

/** Mocks the page's cookies and records writes. `accepts` decides which writes succeed. */
function cookies(present: string | Error, accepts: (text: string) => boolean = () => true) {
  const set = vi.fn();
  let text = present;
  Object.defineProperty(document, "cookie", {
    configurable: true,
    get() {
      if (text instanceof Error) throw text;
      return text;
    },
    set(written: string) {
      if (text instanceof Error) throw text;
      set(written);
      const [pair = ""] = written.split(";");
      const others = text.split("; ").filter((one) => one && !one.startsWith(`${pair.split("=")[0]}=`));
      if (accepts(written)) text = [...(written.includes("max-age=0") ? [] : [pair]), ...others].join("; ");
    },
  });
  return set;
}

beforeEach(() => {
  localStorage.clear();
  openStorage();
});
afterEach(() => {
  Reflect.deleteProperty(document, "cookie");
  vi.unstubAllGlobals();
});

describe("the device of this browser", () => {
  test.each([
    ["alone", `fairsplit_id=${ID}`],
    ["first", `fairsplit_id=${ID}; other=2`],
    ["last", `other=2; fairsplit_id=${ID}`],
    ["between lookalikes", `my_fairsplit_id=${OTHER}; fairsplit_id=${ID}; fairsplit_id2=${OTHER}`],
    ["behind one of the site's own, of another path", `fairsplit_id=shop-7; fairsplit_id=${ID}`],
  ])("is the cookie's, which only to read sets none: %s", (_, present) => {
    const set = cookies(present);
    expect(readDevice()).toBe(ID);
    expect(set).not.toHaveBeenCalled();
  });

  test.each([
    "",
    "fairsplit_id=",
    "fairsplit_id=abc-1",
    `fairsplit_id=${ID}0`,
    `fairsplit_id=${ID.toUpperCase()}`,
    `x=fairsplit_id=${ID}`,
    "device_id=visitor-17",
  ])("is none in %j: a value of another form is the site's own", (present) => {
    cookies(present);
    expect(readDevice()).toBeUndefined();
  });

  test("is that of the cookie that the page names", () => {
    cookies(`fairsplit_id=${OTHER}; device_id=${ID}`);
    expect(readDevice("device_id")).toBe(ID);
  });

  test("is the one of an earlier version's cookie, once: not when there is another, nor after it was forgotten", () => {
    cookies(`device_id=${ID}`);
    expect(readDevice()).toBe(ID);
    keepDevice(ID);
    expect(document.cookie).toContain(`fairsplit_id=${ID}`);
    forgetDevice();
    expect(document.cookie).toBe(`device_id=${ID}`);
    expect(readDevice()).toBeUndefined();
    keepDevice(OTHER);
    expect(readDevice()).toBe(OTHER);
  });
});

describe("the cookie of a first view", () => {
  test("lives for a year, and is the other part's to secure", () => {
    const set = cookies("");
    vi.stubGlobal("location", { protocol: "https:" });
    changeCookie("", ID, {});
    expect(set.mock.calls).toEqual([[`fairsplit_id=${ID};path=/;max-age=31536000;samesite=lax;domain=`]]);
    keepDevice(ID);
    expect(set).toHaveBeenLastCalledWith(expect.stringMatching(/;secure$/));
  });

  test.each(["fairsplit_id=visitor-17", `fairsplit_id=${ID}`])("is not written over: %s", (present) => {
    const set = cookies(present);
    changeCookie("", OTHER, {});
    expect(set).not.toHaveBeenCalled();
  });
});

describe("the cookie", () => {
  test("lives for a year", () => {
    const set = cookies("");
    keepDevice(ID);
    expect(set.mock.calls).toEqual([[`fairsplit_id=${ID};path=/;max-age=31536000;samesite=lax;domain=`]]);
    expect(Object.keys(localStorage)).toEqual([]);
  });

  test("has the name and the domain that the page says", () => {
    const set = cookies("");
    keepDevice(ID, "device_id", "example.com");
    expect(set).toHaveBeenCalledWith(`device_id=${ID};path=/;max-age=31536000;samesite=lax;domain=example.com`);
  });

  test("is secure on https, and only there", () => {
    const set = cookies("");
    vi.stubGlobal("location", { protocol: "https:" });
    keepDevice(ID);
    expect(set).toHaveBeenCalledWith(expect.stringMatching(/;secure$/));
  });

  test("can be ended", () => {
    const set = cookies(`fairsplit_id=${ID}`);
    forgetDevice();
    expect(set).toHaveBeenCalledWith("fairsplit_id=;path=/;max-age=0;samesite=lax;domain=");
  });

  test("of the domain is ended, and one that an earlier view wrote for this host alone", () => {
    const kept = new Map([
      ["domain=example.com", ID],
      ["domain=", ID],
    ]);
    Object.defineProperty(document, "cookie", {
      configurable: true,
      get: () => [...kept.values()].map((id) => `fairsplit_id=${id}`).join("; "),
      set: (text: string) => kept.delete(text.split(";").at(-1) as string),
    });
    forgetDevice(undefined, "example.com");
    expect(document.cookie).toBe("");
  });

  test.each(["device_id=visitor-17", "other=1"])("of a site's own is not ended: %s", (present) => {
    const set = cookies(present);
    forgetDevice("device_id");
    forgetDevice();
    expect(set).not.toHaveBeenCalled();
  });

  test("of a site's own is not written over: the id is kept in storage", () => {
    const set = cookies("device_id=visitor-17");
    keepDevice(ID, "device_id");
    expect(set).not.toHaveBeenCalled();
    expect(readDevice("device_id")).toBe(ID);
  });
});

test.each<[what: string, accepts: (text: string) => boolean]>([
  ["an HttpOnly cookie of its name", () => false],
  ["a domain that is not the page's", (text) => !text.includes("domain=exmaple.com")],
])("an id whose cookie cannot be written is kept in storage: %s", (_, accepts) => {
  cookies("", accepts);
  keepDevice(ID, undefined, "exmaple.com");
  expect(readCookie()).toBeUndefined();
  expect(readDevice()).toBe(ID);
});

test("a page without cookies and storage has none, and no error", () => {
  cookies(new DOMException("The document is sandboxed", "SecurityError"));
  vi.stubGlobal("localStorage", null);
  expect(readDevice()).toBeUndefined();
  expect(() => keepDevice(ID)).not.toThrow();
  expect(() => forgetDevice()).not.toThrow();
});
