import { safely } from "./safely.ts";

/** A field as the visitor left it; a list, because names would cost bytes. */
type Field = readonly [
  name: string,
  value: string,
  isChecked: boolean | undefined,
  isFocused: boolean,
  start: number | null | undefined,
  end: number | null | undefined,
];
type FieldElement = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
interface Slider {
  params?: { loop?: boolean };
  loopDestroy?(): void;
  loopCreate?(): void;
  update?(): void;
}

const nameOf = ({ name, id }: FieldElement) => name || id;

/**
 * Captures the visitor's state in a placeholder whose content is about to be replaced.
 *
 * @returns a function that restores it in the new content: typed text, ticks, focus and selection
 * in fields of the same name or ID; the scroll position of the URL's fragment; and the slides of a
 * Swiper
 */
export function remember(placeholder: Element): () => void {
  const active = (placeholder.getRootNode() as Document).activeElement;
  const fields = fieldsOf(placeholder).flatMap((field): Field[] => {
    const isFocused = field === active;
    if (!nameOf(field) || !(isFocused || isChanged(field))) return [];
    const { checked, selectionStart, selectionEnd } = field as HTMLInputElement;
    return [[nameOf(field), field.value, checked, isFocused, selectionStart, selectionEnd]];
  });
  const finish = () => {
    for (const field of fieldsOf(placeholder)) {
      const before = fields.find(
        ([name, value]) => name === nameOf(field) && (!isTick(field) || value === field.value),
      );
      if (before) restore(field, before);
    }
    scrollToTarget(placeholder);
    updateSlider(placeholder.closest<Element & { swiper?: Slider }>(".swiper")?.swiper);
  };
  // A field, a fragment or a slider of the page's may throw.
  return () => safely(finish);
}

/** Updates a Swiper, which counts its slides only at the start. */
function updateSlider(slider: Slider | undefined): void {
  if (slider?.params?.loop) {
    slider.loopDestroy?.();
    slider.loopCreate?.();
  }
  slider?.update?.();
}

/** Scrolls to the URL's fragment: the browser only finds targets present during parsing. */
export function scrollToTarget(placeholder: Element): void {
  if (location.hash.length < 2 || document.querySelector(":target")) return;
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && placeholder.contains(target)) target.scrollIntoView();
}

const fieldsOf = (placeholder: Element) => [...placeholder.querySelectorAll<FieldElement>("input,textarea,select")];

function isTick(field: FieldElement): field is HTMLInputElement {
  return /^(checkbox|radio)$/.test(field.type);
}

function isChanged(field: FieldElement): boolean {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if ("options" in field) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.type !== "file" && field.value !== field.defaultValue;
}

function restore(field: FieldElement, [, value, isChecked, isFocused, start, end]: Field): void {
  if (isTick(field)) field.checked = isChecked as boolean;
  else if (field.type !== "file") field.value = value;
  if (!isFocused) return;
  field.focus({ preventScroll: true });
  if (start != null && "setSelectionRange" in field) field.setSelectionRange(start, end as number);
}
