import type { Experiment } from "../../core/experiment.ts";
import { readDefinitions } from "../experiment-definitions.ts";
import { behavioursOf } from "./behaviour.ts";
import { csvFormat } from "./csv-format.ts";
import { parseEffects } from "./effect.ts";
import { eventLog } from "./event-log.ts";
import { experimentsOnSite } from "./experiments-on-site.ts";
import { fakeWebEventsFormat } from "./fake-web-events-format.ts";
import type { LogFormat } from "./log-format.ts";
import { openOutput } from "./log-output.ts";
import { ndjsonFormat } from "./ndjson-format.ts";
import type { FormatName, GenerateOptions } from "./options.ts";
import { writeParquet } from "./parquet.ts";
import { showProgress } from "./progress.ts";

/** Summary of the written log. */
export interface Generated {
  readonly events: number;
  readonly visits: number;
}

/**
 * `fairsplit generate`: writes the log of a shop whose visitors take part in experiments. Its
 * content depends only on the seed and the options. Throws BadConfig.
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { experiments: defined, settings } = await readDefinitions("experiments", options.experiments);
  const effects = parseEffects(options.effects, defined);
  const experiments = experimentsOnSite(defined, settings);
  const behaviours = behavioursOf(experiments, effects, options.returning);
  const format = formatOf(options.format, defined);
  const progress = showProgress();

  async function writeLog(path: string | null): Promise<Generated> {
    const output = await openOutput(path);
    let written = { events: 0, visits: 0 };
    try {
      for (const part of eventLog({ ...options, experiments, behaviours, format })) {
        if (!(await output.write(part.bytes))) break;
        written = { events: part.events, visits: part.visits };
        progress.reach(part.events, part.visits, part.visitsInAll);
      }
    } finally {
      progress.stop();
    }
    await output.close();
    return written;
  }

  if (options.format !== "parquet") return writeLog(options.output);
  let written = { events: 0, visits: 0 };
  await writeParquet(options.output, async (path) => {
    written = await writeLog(path);
  });
  return written;
}

function formatOf(name: FormatName, experiments: readonly Experiment[]): LogFormat {
  if (name === "fake-web-events") return fakeWebEventsFormat() as LogFormat;
  return (name === "ndjson" ? ndjsonFormat : csvFormat)(experiments) as LogFormat;
}
