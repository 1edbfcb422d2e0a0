import { expect, test } from "vitest";
import { unbroken } from "../../../../server/admin/ui/format.ts";

/** A tilde stands for a no-break space. */
test.each([
  ["B converted 12.4% of visitors, A 10.1%.", "B converted 12.4% of visitors, A 10.1%."],
  ["likely between −6.1% and just below 0% (95% interval)", "likely between −6.1% and just below 0% (95% interval)"],
  ["1 visitor, 5,612 visitors, about 9 more days", "1~visitor, 5,612~visitors, about 9~more days"],
  ["+2.3 percentage points, about 1 time in 250", "+2.3~percentage points, about 1~time in 250"],
  ["(p = 0.004), p < 1e-300", "(p~=~0.004), p~<~1e-300"],
  ["Group 7 daystart has 5 moretti", "Group 7 daystart has 5 moretti"],
  ["x%, 100%, p = ?", "x%, 100%, p = ?"],
  ["", ""],
])("%s", (words, shown) => {
  expect(unbroken(words)).toBe(shown.replaceAll("~", "\u00a0"));
});
