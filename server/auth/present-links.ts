import { createdSince } from "../registry/created-since.ts";
import type { Registry } from "../registry/registry.ts";
import type { ReportLink, ReportLinks } from "./report-links.ts";

/**
 * Whether a link is to the present experiment with its key. The next one with the key of a deleted
 * one is none of those who have a link to that.
 */
export async function isPresent({ history }: Pick<Registry, "history">, link: ReportLink): Promise<boolean> {
  return !(await createdSince(history, link.key, link.createdAt));
}

/** The links to the present experiment with a key, oldest first. */
export async function presentLinks(
  registry: Pick<Registry, "history">,
  links: Pick<ReportLinks, "ofExperiment">,
  key: string,
): Promise<readonly ReportLink[]> {
  const found: ReportLink[] = [];
  for (const link of links.ofExperiment(key)) if (await isPresent(registry, link)) found.push(link);
  return found;
}
