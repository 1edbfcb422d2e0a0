/** A requirement of the simulator is missing: browser or server. Exit code 3. */
export class EnvironmentMissing extends Error {}
