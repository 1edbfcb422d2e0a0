import type { Experiment } from "../../../core/experiment.ts";
import type { Analysis } from "../../analysis/contract.ts";
import { tallyOf } from "../projection/tally-of.ts";

const COUNTED = ["cta_click", "form_start", "form_submit"] as const;

/** An experiment's counts of the present epoch, in exactly the registry's fields. */
export async function registryResults(analysis: Analysis, experiment: Experiment) {
  const { key, groups, control } = experiment;
  const counted = await tallyOf(analysis, experiment, [
    { event: "conversion", kind: "value" },
    ...COUNTED.map((event) => ({ event, kind: "count" }) as const),
  ]);
  const controlFirst = [...groups].sort((a, b) => Number(b.name === control) - Number(a.name === control));
  return {
    experiment_key: key,
    variants: controlFirst.map(({ name }) => {
      const group = counted.get(name);
      const [conversion, ...others] = group?.goals ?? [];
      const [ctaClicks = 0, formStarts = 0, formSubmits = 0] = others.map(({ events }) => events);
      const sessions = group?.devices ?? 0;
      return {
        variant_key: name,
        impressions: group?.exposures ?? 0,
        cta_clicks: ctaClicks,
        form_starts: formStarts,
        form_submits: formSubmits,
        conversions: conversion?.events ?? 0,
        unique_sessions: sessions,
        conversion_rate: sessions === 0 ? 0 : (conversion?.devices ?? 0) / sessions,
        conversion_value_total: Number(conversion?.values.sum ?? 0n) / 1e6,
      };
    }),
  };
}
