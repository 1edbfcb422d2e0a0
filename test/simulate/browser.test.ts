import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BadBrowserPath, findBrowser } from "../../simulate/browser.ts";
import type { Machine } from "../../simulate/machine.ts";

/** A machine that has these programs; what an installer left is on the disk as well. */
function machine(programs: readonly string[], more: Partial<Machine> = {}): Machine {
  return {
    env: {},
    home: "/home/a",
    platform: "linux",
    isProgram: (path) => programs.includes(path),
    ...more,
  };
}

/** A folder in which these files are, removed when the test ends. */
async function folderWith(...files: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-cache-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const file of files) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), "");
  }
  return folder;
}

describe("a browser that is named", () => {
  const env = { FAIRSPLIT_BROWSER: "/env/browser", CHROME_PATH: "/chrome/path", PATH: "/usr/bin" };

  test.each([
    [["/asked", "/env/browser", "/chrome/path"], "/asked", "/asked"],
    [["/env/browser", "/chrome/path"], undefined, "/env/browser"],
    [["/usr/bin/chromium", "/env/browser"], undefined, "/env/browser"],
  ])("of %j, asked for %s: it is %s", (programs, asked, browser) => {
    expect(findBrowser(asked, machine(programs, { env }))).toBe(browser);
  });

  test.each([
    ["--browser-path", "/nowhere", {}],
    ["FAIRSPLIT_BROWSER", undefined, { FAIRSPLIT_BROWSER: "/nowhere" }],
    ["CHROME_PATH", undefined, { CHROME_PATH: "/nowhere" }],
  ])("by %s and is no program is an error that says so, though there are others", (by, asked, more) => {
    const search = () => findBrowser(asked, machine(["/usr/bin/chromium"], { env: { PATH: "/usr/bin", ...more } }));
    expect(search).toThrow(BadBrowserPath);
    expect(search).toThrow(`${by} is "/nowhere", which is no program`);
  });

  test.each([
    ["a folder", tmpdir()],
    ["a file that is not executable", import.meta.filename],
  ])("%s is no program", (_, path) => {
    expect(() => findBrowser(path)).toThrow(BadBrowserPath);
  });
});

describe("Playwright's downloads", () => {
  const SHELL = "chrome-headless-shell-linux64/chrome-headless-shell";

  test("a shell is found where its installer puts it, the newest first", async () => {
    const cache = await folderWith(
      `chromium_headless_shell-999/${SHELL}`,
      `chromium_headless_shell-1255/${SHELL}`,
      "chromium-1300/chrome-linux64/chrome",
      "ffmpeg-1011/ffmpeg-linux",
    );
    const env = { PLAYWRIGHT_BROWSERS_PATH: cache };
    const found = findBrowser(undefined, machine([], { env, isProgram: (path) => path.startsWith(cache) }));
    expect(found).toBe(join(cache, "chromium_headless_shell-1255", SHELL));
  });

  test.each([
    ["linux", ".cache/ms-playwright/chromium_headless_shell-7/chrome-linux/headless_shell"],
    ["linux", ".cache/ms-playwright/chromium-7/chrome-linux64/chrome"],
    [
      "darwin",
      "Library/Caches/ms-playwright/chromium_headless_shell-7/chrome-headless-shell-mac-arm64/chrome-headless-shell",
    ],
    [
      "darwin",
      "Library/Caches/ms-playwright/chromium-7/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    ],
  ] as const)("on %s, ~/%s", async (platform, file) => {
    const home = await folderWith(file);
    const found = findBrowser(
      undefined,
      machine([], { home, platform, isProgram: (path) => path === join(home, file) }),
    );
    expect(found).toBe(join(home, file));
  });

  test("XDG_CACHE_HOME moves them", async () => {
    const cache = await folderWith(`ms-playwright/chromium_headless_shell-7/${SHELL}`);
    const env = { XDG_CACHE_HOME: cache };
    const found = findBrowser(undefined, machine([], { env, isProgram: (path) => path.startsWith(cache) }));
    expect(found).toBe(join(cache, "ms-playwright/chromium_headless_shell-7", SHELL));
  });

  test("a folder without the program, which an interrupted download leaves, is passed over", async () => {
    const cache = await folderWith("chromium_headless_shell-1255/.lock");
    const env = { PLAYWRIGHT_BROWSERS_PATH: cache, PATH: "/usr/bin" };
    expect(findBrowser(undefined, machine(["/usr/bin/chromium"], { env }))).toBe("/usr/bin/chromium");
  });
});

describe("an installed browser is found by its usual path", () => {
  const windows = {
    platform: "win32",
    home: "C:\\Users\\a",
    env: {
      PROGRAMFILES: "C:\\Program Files",
      "PROGRAMFILES(X86)": "C:\\Program Files (x86)",
      LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local",
      PATH: "C:\\tools;C:\\more",
    },
  } as const;
  const mac = { platform: "darwin", home: "/Users/a", env: { PATH: "/usr/bin" } } as const;
  const linux = { platform: "linux", home: "/home/a", env: { PATH: "/usr/local/bin:/usr/bin:/snap/bin" } } as const;

  test.each([
    [windows, "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"],
    [windows, "C:\\Users\\a\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe"],
    [windows, "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"],
    [windows, "C:\\Program Files\\BraveSoftware\\Brave-Browser\\Application\\brave.exe"],
    [windows, "C:\\Users\\a\\AppData\\Local\\Chromium\\Application\\chrome.exe"],
    [windows, "C:\\more\\chrome.exe"],
    [mac, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    [mac, "/Users/a/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    [mac, "/Applications/Chromium.app/Contents/MacOS/Chromium"],
    [mac, "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"],
    [mac, "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser"],
    [linux, "/usr/bin/chromium-headless-shell"],
    [linux, "/snap/bin/chromium"],
    [linux, "/usr/bin/chromium-browser"],
    [linux, "/usr/bin/google-chrome"],
    [linux, "/usr/bin/microsoft-edge-stable"],
    [linux, "/usr/local/bin/brave-browser"],
  ])("%o %s", (where, path) => {
    expect(findBrowser(undefined, machine([path], where))).toBe(path);
  });

  test("a headless shell before a full browser, wherever on the PATH", () => {
    const programs = ["/usr/local/bin/chromium", "/usr/bin/chromium-headless-shell"];
    expect(findBrowser(undefined, machine(programs, linux))).toBe("/usr/bin/chromium-headless-shell");
  });

  test("and is undefined when there is none", () => {
    expect(findBrowser(undefined, machine([], { env: {} }))).toBeUndefined();
  });
});
