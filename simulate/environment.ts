/** Something that the simulator needs is not there: no browser, no server. Exit code 3. */
export class EnvironmentMissing extends Error {}
