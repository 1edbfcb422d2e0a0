// The script that a site pastes. This shell only asks who included it: document.currentScript is null in anything later.
import { start } from "./start.ts";

try {
  start(document.currentScript as HTMLScriptElement | null);
} catch {
  // Whatever is wrong with this page or browser, the page goes on as if we were not there.
}
