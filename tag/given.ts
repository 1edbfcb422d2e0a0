// First part of `/tag-with-groups.js`, before the tag. Like the tag's entry, this shell only finds
// the script that included it.
import { takeDevice } from "./given-device.ts";
import { safely } from "./safely.ts";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
safely(() => script && takeDevice(window.fairsplitGiven, { ...window.fairsplitConfig, ...script.dataset }, script.src));
