import type { Random } from "../../core/random-streams.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";

/** A visitor's browser as it identifies itself. */
export interface Browser {
  readonly osName: string;
  readonly os: string;
  readonly name: string;
  readonly userAgent: string;
  readonly isMobile: boolean;
}

/** Share of visits by operating system, from fake-web-events. */
const SYSTEMS = [
  ["Windows", 0.1],
  ["MacOS", 0.15],
  ["Linux", 0.05],
  ["Android", 0.3],
  ["iOS", 0.4],
] as const;
type System = (typeof SYSTEMS)[number][0];

/** Browsers by operating system, with their shares; arbitrary. */
const BROWSERS: Readonly<Record<System, readonly (readonly [name: string, share: number])[]>> = {
  Windows: [
    ["Chrome", 0.65],
    ["Firefox", 0.2],
    ["Opera", 0.1],
    ["InternetExplorer", 0.05],
  ],
  MacOS: [
    ["Safari", 0.5],
    ["Chrome", 0.4],
    ["Firefox", 0.1],
  ],
  Linux: [
    ["Firefox", 0.5],
    ["Chrome", 0.5],
  ],
  Android: [
    ["Chrome", 0.85],
    ["Firefox", 0.05],
    ["Opera", 0.1],
  ],
  iOS: [
    ["Safari", 0.85],
    ["Chrome", 0.15],
  ],
};

/** Versions of each system: for the log, and for user agents. */
const VERSIONS: Readonly<Record<System, readonly (readonly [os: string, inUserAgent: string])[]>> = {
  Windows: [
    ["Windows NT 10.0", "Windows NT 10.0; Win64; x64"],
    ["Windows NT 6.1", "Windows NT 6.1; Win64; x64"],
  ],
  MacOS: [["Macintosh; Intel Mac OS X 10_15_7", "Macintosh; Intel Mac OS X 10_15_7"]],
  Linux: [["X11; Linux x86_64", "X11; Linux x86_64"]],
  Android: ["12", "13", "14", "15"].map((version) => [`Android ${version}`, `Linux; Android ${version}; K`] as const),
  iOS: ["16_7", "17_6", "18_1"].map(
    (version) =>
      [`iPhone; CPU iPhone OS ${version} like Mac OS X`, `iPhone; CPU iPhone OS ${version} like Mac OS X`] as const,
  ),
};

const CHROMIUM = (platform: string, version: number) =>
  `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0`;

/** The user agent of a browser; `release` counts its versions from 0. */
function userAgentOf(system: System, name: string, platform: string, release: number): string {
  const chromium = CHROMIUM(platform, 128 + release);
  const mobile = system === "Android" ? " Mobile" : "";
  if (system === "iOS") {
    const version = name === "Chrome" ? `CriOS/${128 + release}.0.6613.98` : `Version/${16 + release}.1`;
    return `Mozilla/5.0 (${platform}) AppleWebKit/605.1.15 (KHTML, like Gecko) ${version} Mobile/15E148 Safari/604.1`;
  }
  if (name === "Safari") {
    return `Mozilla/5.0 (${platform}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${16 + release}.1 Safari/605.1.15`;
  }
  if (name === "Firefox") {
    const firefox = 128 + release;
    return `Mozilla/5.0 (${platform.replace("; K", "; Mobile")}; rv:${firefox}.0) Gecko/20100101 Firefox/${firefox}.0`;
  }
  if (name === "Opera") return `${chromium}${mobile} Safari/537.36 OPR/${112 + release}.0.0.0`;
  if (name === "InternetExplorer") return `Mozilla/5.0 (${platform}; Trident/7.0; rv:11.0) like Gecko`;
  return `${chromium}${mobile} Safari/537.36`;
}

const RELEASES = [0, 1, 2];

/** All browsers, created once; visitors choose among them. */
const choices = weightedChoice(
  SYSTEMS.map(([osName, share]) => {
    const isMobile = osName === "Android" || osName === "iOS";
    const browsers = BROWSERS[osName].map(([name, part]) => {
      const releases = VERSIONS[osName].flatMap(([os, platform]) =>
        RELEASES.map((release): Browser => {
          return { osName, os, name, userAgent: userAgentOf(osName, name, platform, release), isMobile };
        }),
      );
      return [releases, part] as const;
    });
    return [weightedChoice(browsers), share] as const;
  }),
);

export function browserOf(random: Random): Browser {
  const releases = choices(random())(random());
  return releases[Math.floor(random() * releases.length)] as Browser;
}
