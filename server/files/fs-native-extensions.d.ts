/** The used part; the package has no types. */
declare module "fs-native-extensions" {
  /** Locks bytes of an open file until it is closed. False when another open file has them. */
  export function tryLock(descriptor: number, offset: number, length: number): boolean;
}
