/** Months in the languages of usual exports, by their English abbreviation. */
const MONTHS = {
  Jan: "january|januar|jänner|jän|januari|janvier|janv|enero|ene|gennaio|gen|janeiro",
  Feb: "february|februar|februari|février|fevrier|févr|fevr|fév|febrero|febbraio|fevereiro|fev",
  Mar: "march|märz|maerz|mär|mrz|maart|mrt|mars|marzo|março|marco",
  Apr: "april|avril|avr|abril|abr|aprile",
  May: "mai|mei|mayo|maggio|mag|maio",
  Jun: "june|juni|juin|junio|giugno|giu|junho",
  Jul: "july|juli|juillet|juil|julio|luglio|lug|julho",
  Aug: "august|augustus|août|aout|agosto|ago",
  Sep: "september|sept|septembre|septiembre|settembre|set|setembro",
  Oct: "october|oktober|okt|octobre|octubre|ottobre|ott|outubro|out",
  Nov: "november|novembre|noviembre|novembro",
  Dec: "december|dezember|dez|décembre|decembre|déc|diciembre|dic|dicembre|dezembro",
} as const;

/** SQL for a text with the English abbreviation of each month's name. */
export function englishMonths(text: string): string {
  return Object.entries(MONTHS).reduce(
    (sql, [month, names]) =>
      // Letters on both sides, since \b knows only those of ASCII.
      `regexp_replace(${sql}, '(?i)(^|[^\\pL])(?:${month}|${names})(\\.?)([^\\pL]|$)', '\\1${month}\\3')`,
    text,
  );
}
