/** The data folder has nothing with that name. */
export class NothingToErase extends Error {}
