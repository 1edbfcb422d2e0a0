/** Text of an event's parameters. */
const TEXT = "x".repeat(1000);
/** Parameters of the events, large ones first: small ones fill what is left. */
const PARAMETERS = [50, 5, 0];
/** More than the quota of a small log takes. */
const MAX_POSTS = 500;

/** The device of the events that fill a log. */
export const BALLAST = "ballast";

/** Posts events until the log takes none any more. Resolves to whether it came to that. */
export async function fillLog(url: string): Promise<boolean> {
  let isFull = false;
  for (const count of PARAMETERS) {
    isFull = false;
    const params = Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, TEXT]));
    for (let post = 0; post < MAX_POSTS && !isFull; post += 1) {
      const response = await fetch(`${url}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ deviceId: BALLAST, event: "ballast", source: "drill", params }),
      });
      await response.text();
      isFull = response.status === 507;
    }
  }
  return isFull;
}
