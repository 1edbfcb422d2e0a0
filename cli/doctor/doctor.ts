import { UsageError } from "../../simulate/usage-error.ts";
import { examineDataFolder } from "./data-folder.ts";
import { type Finding, findingsText } from "./finding.ts";
import { examineMachine } from "./machine.ts";
import { examinePort } from "./port.ts";
import { examineSite } from "./site.ts";

export interface DoctorOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly url: string | null;
  readonly json: boolean;
}

/** Examines machine, data folder, port and a site, prints the findings, and returns 0 or 1. */
export async function doctor(options: DoctorOptions, print: (text: string) => void): Promise<number> {
  const { url } = options;
  if (url !== null && !(URL.canParse(url) && /^https?:/.test(url))) {
    throw new UsageError(`--url is "${url}": allowed is a URL such as https://www.example.com/`);
  }
  const findings: Finding[] = [
    ...(await examineMachine()),
    ...(await examineDataFolder(options.data)),
    await examinePort(options.host, options.port),
    ...(url === null ? [] : await examineSite(url)),
  ];
  const ok = findings.every((finding) => finding.ok !== false);
  print(options.json ? `${JSON.stringify({ ok, findings })}\n` : findingsText(findings));
  return ok ? 0 : 1;
}
