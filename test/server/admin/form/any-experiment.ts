import fc from "fast-check";
import { defineExperiment, type Experiment, type ExperimentDraft } from "../../../../core/experiment.ts";
import { NOW } from "../../rig/open-app.ts";

const word = fc.stringMatching(/^[A-Za-z<&"'é]([A-Za-z0-9 <>&"'=é]{0,8}[A-Za-z0-9<>&"'é])?$/);
const name = fc.oneof(word, fc.constantFrom("__proto__", "toString", "A B", "“C”"));
const text = fc.oneof(fc.constant(""), word, fc.constant("a\nb\n\n c"));
const payload = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), word, fc.jsonValue({ maxDepth: 3 }));

const groups = fc
  .tuple(fc.uniqueArray(name, { minLength: 2, maxLength: 6 }), fc.constantFrom("none", "objects", "texts"))
  .chain(([names, kind]) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record(
          {
            name: fc.constant(name),
            weight: fc.integer({ min: 1, max: 2 ** 40 }),
            label: word,
            html: fc.oneof(word, fc.constant("\n<b>\n</b>\n")),
            ...(kind === "none" ? {} : { payload: kind === "texts" ? word : fc.record({ of: payload }) }),
          },
          { requiredKeys: ["name", "weight"] },
        ),
      ),
    ),
  );

/** Any inactive experiment, with texts that a form can hold. */
export const anyExperiment: fc.Arbitrary<Experiment> = groups.chain((groups) => {
  const group = fc.constantFrom(...groups.map(({ name }) => name));
  const weights = fc.tuple(
    ...groups.map(({ name }) => fc.record({ name: fc.constant(name), weight: fc.integer({ min: 1, max: 99 }) })),
  );
  const rule = fc.constantFrom("true", 'path == "/a"', 'ctx.plan in ["a", "b"]\n&& language == "de"');
  return fc
    .record(
      {
        title: word,
        description: fc.oneof(word, fc.constant("a\nb")),
        control: group,
        fallback: group,
        unit: fc.constantFrom("device", "account", "session"),
        salt: fc.option(text.filter((salt) => salt !== "")),
        routes: fc.uniqueArray(fc.constantFrom("/", "/a/**", "/café*")),
        rule: fc.option(rule),
        allocations: fc.uniqueArray(fc.record({ id: word, rule, weights }), {
          maxLength: 3,
          selector: ({ id }) => id,
        }),
        dependsOn: fc.option(fc.record({ key: fc.constantFrom("other", "_b"), group: name })),
        layer: fc.option(
          fc.oneof(
            fc.record({ name: word, from: fc.nat(4999), to: fc.integer({ min: 5000, max: 10_000 }) }),
            fc.record({ name: fc.constant("any"), from: fc.constant(0), to: fc.integer({ min: 1, max: 10_000 }) }),
          ),
        ),
        goals: fc.array(
          fc.oneof(
            fc.record(
              {
                event: word,
                kind: fc.constantFrom("binary", "count"),
                label: word,
                window: fc.constantFrom(null, "5m", "36h", "1d"),
                better: fc.constantFrom("up", "down"),
                cuped: fc.constantFrom(null, 1, 90),
              } as const,
              { requiredKeys: ["event", "kind"] },
            ),
            fc.record(
              {
                event: word,
                kind: fc.constant("value"),
                cap: fc.constantFrom(null, 0.1, 500, { percentile: 99 }, { percentile: 99.999 }),
                currency: fc.constantFrom("EUR", "USD"),
                label: word,
                requires: fc.constant("key"),
              } as const,
              { requiredKeys: ["event", "kind"] },
            ),
            fc.record({
              event: word,
              kind: fc.constant("ratio"),
              ratio: fc.record({
                of: fc.constantFrom("value", "count"),
                per: fc.oneof(fc.constant("session"), fc.record({ event: word })),
              }),
            } as const),
          ),
          { minLength: 1, maxLength: 4 },
        ),
        sticky: fc.boolean(),
        plan: fc.option(
          fc.record({
            devices: fc.integer({ min: 2, max: 1e12 }),
            alpha: fc.constantFrom(0.05, 0.01),
            power: fc.constantFrom(null, 0.8, 0.9),
            baseline: fc.option(fc.double({ min: 1e-9, max: 0.999, noNaN: true })),
            lift: fc.option(fc.double({ min: 1e-9, max: 1000, noNaN: true })),
          }),
        ),
        external: fc.option(fc.record({ id: fc.integer({ min: 1 }), name: word, more: fc.array(word) })),
      },
      { requiredKeys: [] },
    )
    .map((draft) => defineExperiment({ key: "any", groups, ...draft } as ExperimentDraft, NOW, "test"));
});
