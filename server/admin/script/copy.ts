const SHOWN_MS = 2000;

/** Brings every button that copies to life: `data-copy` is the id of what it copies the text of. */
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

/** Over plain http there is no clipboard to write to; then the text is selected at least. */
async function copy(source: HTMLElement): Promise<boolean> {
  getSelection()?.selectAllChildren(source);
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
