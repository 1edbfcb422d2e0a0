const SHOWN_MS = 2000;

/** Activates every copy button: `data-copy` is the ID of the element whose text it copies. */
export function offerCopies(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy ?? "");
    if (!source) continue;
    const words = button.textContent;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      button.textContent = (await copy(source)) ? "Copied" : "Selected";
      setTimeout(() => {
        button.textContent = words;
      }, SHOWN_MS);
    });
    button.hidden = false;
  }
}

/** Plain http has no clipboard API: select the text instead. */
async function copy(source: HTMLElement): Promise<boolean> {
  getSelection()?.selectAllChildren(source);
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
