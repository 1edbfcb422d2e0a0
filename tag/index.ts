// The script that a site pastes. This shell only asks who included it: document.currentScript is
// null in anything later.
import { safely } from "./safely.ts";
import { start } from "./start.ts";

// An element named currentScript hides it, and must not say which server to ask.
const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const run = () => safely(() => start({ ...window.fairsplitConfig, ...script?.dataset }, script?.src || location.href));
// A page that is rendered ahead of a visit that may never come has no visitor yet.
if ((document as { prerendering?: boolean }).prerendering) addEventListener("prerenderingchange", run, true);
else run();
