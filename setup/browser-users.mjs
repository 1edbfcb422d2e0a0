const USERS = ["simulate", "test", "test:browser", "bench", "compat", "themes"];
/** Commands of `simulate` that visit nothing. */
const WITHOUT_VISITS = ["proof", "merge"];

/** Whether a command needs a browser: `simulate` only with the driver `browser`. */
export function usesBrowser(command, args) {
  if (command !== "simulate") return USERS.includes(command);
  if (WITHOUT_VISITS.includes(args[0])) return false;
  const givenFor = (flag) =>
    args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1) ?? args[args.indexOf(flag) + 1];
  const has = (flag) => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (has("--mix")) return /\bbrowser=/.test(givenFor("--mix") ?? "");
  return !has("--driver") || !["dom", "http"].includes(givenFor("--driver"));
}
