// Old Nodes read this file too: use nothing newer than Node 12.

/** The oldest Node that the tests run on; package.json's `engines` says the same. */
export const MIN_NODE = [20, 19];

/** The reason for rejecting a Node, in one sentence; null if it is supported. */
export function nodeProblem(version) {
  const parts = version.split(".").map(Number);
  if (parts[0] > MIN_NODE[0] || (parts[0] === MIN_NODE[0] && parts[1] >= MIN_NODE[1])) return null;
  return `needs Node ${MIN_NODE.join(".")} or newer; this is ${version} (${process.execPath})`;
}
