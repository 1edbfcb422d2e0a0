// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { arrive, redirect } from "../../tag/redirect.ts";

const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
const HERE = "https://shop.example.com/here?utm=x#plans";
const before = location.href;
let left: string[];
let cookie: string;

beforeEach(() => {
  happyDOM.setURL(HERE);
  left = [];
  cookie = "";
  vi.spyOn(location, "replace").mockImplementation((url) => void left.push(String(url)));
  // Cookies as of one browser, for all subdomains.
  Object.defineProperty(document, "cookie", {
    configurable: true,
    get: () => cookie,
    set: (text: string) => {
      if (text.includes("domain=typo")) return;
      cookie = text.includes("max-age=0") ? "" : (text.split(";")[0] ?? "");
    },
  });
});
afterEach(() => {
  Reflect.deleteProperty(document, "cookie");
  vi.restoreAllMocks();
  happyDOM.setURL(before);
});

/** Runs the redirect of a placeholder on the open page. */
function see(list: string, { group = "B", cookieDomain = "", unsent = [] as string[] } = {}) {
  const calls: unknown[] = [];
  redirect(
    cookieDomain,
    () => calls.push("flushed"),
    () => unsent,
    "test",
    list,
    group,
    (isReported, isMissed) =>
      calls.push(isReported ? "shown, reported before" : isMissed ? "shown, instead of another page" : "shown"),
    () => calls.push("exposed"),
  );
  return calls;
}

describe("a group's page", () => {
  test.each<[what: string, list: string, expected: string]>([
    ["with the page's query and fragment", "B:/new", "https://shop.example.com/new?utm=x#plans"],
    ["with a fragment of its own", "B:/new#faq", "https://shop.example.com/new?utm=x#faq"],
    ["with both queries", "B:/new?a=b", "https://shop.example.com/new?a=b&utm=x#plans"],
    ["that differs only in its query", "B:/here?page_id=7", "https://shop.example.com/here?page_id=7&utm=x#plans"],
    ["by its query alone", "B:?page_id=7", "https://shop.example.com/here?page_id=7&utm=x#plans"],
    ["whose own parameters win", "B:/new?utm=y", "https://shop.example.com/new?utm=y#plans"],
    ["by its whole address", "B:https://shop.example.com/new", "https://shop.example.com/new?utm=x#plans"],
    ["of several", "A:/a B:/b C:/c", "https://shop.example.com/b?utm=x#plans"],
    ["with blanks", "A:/a b B:/my page C:/c", "https://shop.example.com/my%20page?utm=x#plans"],
    ["of any script", "B:/価格", "https://shop.example.com/%E4%BE%A1%E6%A0%BC?utm=x#plans"],
    ["in JSON", '{"A":"/a","B":"/b c"}', "https://shop.example.com/b%20c?utm=x#plans"],
  ])("%s: the exposure is reported, then the page is left", (_, list, expected) => {
    expect(see(list)).toEqual(["exposed", "flushed"]);
    expect(left).toEqual([expected]);
  });

  test.each([
    ["?q=a%20b&c=1%2B1+1&latin=%E9&flag", "/new?of=a%20b/c", "of=a%20b/c&q=a%20b&c=1%2B1+1&latin=%E9&flag"],
    ["?a%20b=1&c[]=1&c[]=2&?d=1", "/new?a%20b=2&bare", "a%20b=2&bare&c[]=1&c[]=2&?d=1"],
    ["?utm=x&utm=y&gclid=z", "/new?utm=z&utm=w", "utm=z&utm=w&gclid=z"],
    ["", "/new?a=1", "a=1"],
    ["?&&", "/new?a=1&&b", "a=1&&b"],
  ])("on a page with the query %j, to %s: both are kept as they are written", (search, target, expected) => {
    happyDOM.setURL(`https://shop.example.com/here${search}`);
    see(`B:${target}`);
    expect(left).toEqual([`https://shop.example.com/new?${expected}`]);
  });

  test.each([
    ["Big Red", "A:/a Big Red:/red"],
    ["x:y", "A:/a x:y:/red"],
  ])("of a group called %j", (group, list) => {
    see(list, { group });
    expect(left).toEqual(["https://shop.example.com/red?utm=x#plans"]);
  });

  test.each<[what: string, list: string, group?: string]>([
    ["there is none for the group", "B:/new", "A"],
    ["it is this one", "B:/here"],
    ["it is this one with its query", "B:/here?utm=x"],
    ["it is this one with a fragment", "B:/here#faq"],
    ["it is this one with a slash", "B:/here/"],
    ["the list is nonsense", "B: :B :: B"],
  ])("is not gone to where %s: the placeholder is shown here", (_, list, group = "B") => {
    expect(see(list, { group })).toEqual(["shown"]);
    expect(left).toEqual([]);
  });

  test.each([
    ["another site's", "B:https://evil.example.com/"],
    ["another site's that looks like a path", "B://evil.example.com/"],
    ["another port's", "B:https://shop.example.com:8443/new"],
    ["a script", "B:javascript:alert(1)"],
    ["no address", "B:https://"],
  ])("is not gone to where it is %s: the visitor has not seen it", (_, list) => {
    expect(see(list)).toEqual(["shown, instead of another page"]);
    expect(left).toEqual([]);
  });

  test("is relative to the page's address, not to the base of its links", () => {
    document.head.innerHTML = '<base href="/shop/">';
    see("B:new");
    document.head.innerHTML = "";
    expect(left).toEqual(["https://shop.example.com/new?utm=x#plans"]);
  });

  test("may be another route of a hash router: the page goes on, with nothing left to report", () => {
    happyDOM.setURL("https://shop.example.com/app#/plans");
    expect(see("B:#/plans-b")).toEqual(["exposed", "flushed", "shown, reported before"]);
    expect(left).toEqual(["https://shop.example.com/app#/plans-b"]);
  });

  test("may be on a subdomain that shares the device", () => {
    see("B:https://www.example.com/new", { cookieDomain: "Example.com" });
    see("B:https://www.example.com.evil.com/", { cookieDomain: "example.com" });
    see("B:https://badexample.com/", { cookieDomain: "example.com" });
    expect(left).toEqual(["https://www.example.com/new?utm=x#plans"]);
  });
});

describe("it is gone to once, and exposed once,", () => {
  test("where the shared domain is mistyped", () => {
    expect(see("B:/new", { cookieDomain: "typo.com" })).toEqual(["exposed", "flushed"]);
    happyDOM.setURL("https://shop.example.com/new");
    expect(see("B:/here", { cookieDomain: "typo.com" })).toEqual(["shown, reported before"]);
    expect(left).toHaveLength(1);
  });

  test("where the host adds a slash to it", () => {
    see("B:/new");
    happyDOM.setURL("https://shop.example.com/new/");
    expect(see("B:/new")).toEqual(["shown, reported before"]);
    expect(left).toHaveLength(1);
  });

  test("where the host sends back", () => {
    see("B:/new");
    happyDOM.setURL(HERE);
    expect(see("B:/new")).toEqual(["shown, reported before"]);
    expect(left).toHaveLength(1);
  });

  test("where two pages point at each other", () => {
    see("B:/new");
    happyDOM.setURL("https://shop.example.com/new");
    expect(see("B:/here")).toEqual(["shown, reported before"]);
    expect(left).toHaveLength(1);
  });

  test("where two pages that differ only in their query point at each other", () => {
    happyDOM.setURL("https://shop.example.com/?page_id=1&utm=x");
    see("B:/?page_id=2");
    happyDOM.setURL(left[0] as string);
    expect(see("B:/?page_id=1")).toEqual(["shown, reported before"]);
    expect(left).toEqual(["https://shop.example.com/?page_id=2&utm=x"]);
  });

  test("where its own query has a name several times", () => {
    see("B:/new?size=s&size=m");
    happyDOM.setURL(left[0] as string);
    expect(see("B:/new?size=s&size=m")).toEqual(["shown, reported before"]);
    expect(left).toEqual(["https://shop.example.com/new?size=s&size=m&utm=x#plans"]);
  });

  test("where the host takes the query away", () => {
    see("B:/here?page_id=7");
    happyDOM.setURL("https://shop.example.com/here");
    expect(see("B:/here?page_id=7")).toEqual(["shown, reported before"]);
    expect(left).toHaveLength(1);
  });

  test("where the next step does not fit into the trail: the page is shown", () => {
    see("B:/new");
    happyDOM.setURL(`https://shop.example.com/new?${"x".repeat(4000)}`);
    const own = cookie;
    Object.defineProperty(document, "cookie", { configurable: true, get: () => own, set: () => undefined });
    expect(see("B:/third")).toEqual(["shown, reported before"]);
    expect(left).toHaveLength(1);
  });

  test("where nothing can be kept that would end a loop: not even once", () => {
    Object.defineProperty(document, "cookie", { configurable: true, get: () => "", set: () => undefined });
    expect(see("B:/new")).toEqual(["shown"]);
    expect(left).toEqual([]);
  });

  test("until the visitor does something: then the link back leads there again, each time", () => {
    see("B:/new");
    happyDOM.setURL("https://shop.example.com/new");
    arrive(() => undefined);
    for (const times of [2, 3]) {
      const press = new Event("pointerdown");
      Object.defineProperty(press, "isTrusted", { value: true });
      window.dispatchEvent(press);
      happyDOM.setURL(HERE);
      expect(see("B:/new")).toEqual(["exposed", "flushed"]);
      expect(left).toHaveLength(times);
    }
  });
});

test("what the server had not taken goes with the visitor, the exposure included", () => {
  const unsent = ["1", "2", "3", "4", "5"].map((id) => `\n{"id":"0${id}","path":"/価格;"}`);
  see("B:/new", { unsent });
  const resend = vi.fn();
  arrive(resend);
  expect(resend).toHaveBeenCalledExactlyOnceWith(unsent.slice(-4));
});
