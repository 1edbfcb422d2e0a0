// What `/tag-with-groups.js` has before the tag. This shell only asks who included it, as the tag's
// does.
import { takeDevice } from "./given-device.ts";
import { safely } from "./safely.ts";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
safely(() => script && takeDevice(window.fairsplitGiven, { ...window.fairsplitConfig, ...script.dataset }, script.src));
