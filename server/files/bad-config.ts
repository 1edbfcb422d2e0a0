/** Wrong usage or configuration: the program ends with exit code 2 and this message. */
export class BadConfig extends Error {}
