import { random128 } from "./random.ts";

/** An event's ID: 32 hexadecimal digits, 12 of its time in milliseconds, the others random. */
export const eventId = () => `0${Date.now().toString(16)}${random128().slice(12)}`;
