// Limits of an event. The tag cuts by the same constants, and docs/tag.md names them (held by a
// test).

/** Characters (UTF-16 units) of an event's name. */
export const MAX_EVENT_NAME_LENGTH = 100;
/** Characters of any other text: a parameter, a page's path. */
export const MAX_TEXT_LENGTH = 1024;
/** Levels of objects and lists, the event itself included. */
export const MAX_DEPTH = 8;
/** Fields of an event, its nested ones included. */
export const MAX_KEYS = 64;
export const MAX_EVENTS_PER_REQUEST = 100;
/** Names in an event's `dropped`; further ones are left out. */
export const MAX_DROPPED = 16;
