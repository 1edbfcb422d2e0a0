import { EnvironmentMissing } from "../environment.ts";

/** Version that the drivers are tested with. */
const VERSION = "21";

/**
 * Loads happy-dom, which only some drivers need.
 *
 * @throws EnvironmentMissing with the command that installs it
 */
export async function loadHappyDom(driver: "dom" | "http"): Promise<typeof import("happy-dom")> {
  try {
    return await import("happy-dom");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const does = driver === "dom" ? "runs the tag in" : "reads the page with";
    throw new EnvironmentMissing(
      `--driver ${driver} ${does} happy-dom, which is not installed: npm install happy-dom@${VERSION}`,
    );
  }
}
