// The script that a site pastes. This shell only finds the script that included it:
// document.currentScript is null in asynchronous code.
import { safely } from "./safely.ts";
import { start } from "./start.ts";

// Only scripts have a text: an element named currentScript hides it and must not choose the server.
const script: Partial<HTMLScriptElement> =
  (document.currentScript as HTMLScriptElement | null)?.text == null
    ? {}
    : (document.currentScript as HTMLScriptElement);
const run = () => safely(() => start({ ...window.fairsplitConfig, ...script.dataset }, script.src || location.href));
// A prerendered page has no visitor yet, and may never have one.
if ((document as { prerendering?: boolean }).prerendering) addEventListener("prerenderingchange", run, true);
else run();
