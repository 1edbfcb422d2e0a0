import { vi } from "vitest";

/**
 * Gives a test the page for itself, with a body and nothing stored. Observers and listeners outlive
 * a test: its tag would render the next page. So they end with the returned function, which a test
 * may call each time that it leaves a page.
 */
export function ownPage(html: string): () => void {
  const ends: (() => void)[] = [];
  const RealObserver = MutationObserver;
  vi.stubGlobal(
    "MutationObserver",
    class extends RealObserver {
      constructor(callback: MutationCallback) {
        let isOver = false;
        super((...args) => isOver || callback(...args));
        // A root observed twice is heard even when happy-dom has disconnected.
        ends.push(() => {
          isOver = true;
          this.disconnect();
        });
      }
    },
  );
  const add = window.addEventListener.bind(window);
  vi.stubGlobal("addEventListener", (...args: Parameters<typeof addEventListener>) => {
    ends.push(() => window.removeEventListener(...args));
    add(...args);
  });
  delete window.fairsplit;
  localStorage.clear();
  document.body.innerHTML = html;
  return () => {
    for (const end of ends.splice(0)) end();
  };
}
