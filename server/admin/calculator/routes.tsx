import { Hono } from "hono";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import type { Env } from "../../http/http.ts";
import { CalculatorPage } from "./calculator.tsx";
import { type Calculation, calculate, readCalculator } from "./form.ts";

/**
 * `GET /experiments/calculator?baseline=&lift=&alpha=&power=&groups=&perDay=`: the sample size that
 * detects an effect.
 */
export function calculatorPageRoutes() {
  return new Hono<Env>().get("/experiments/calculator", (c) => {
    const fields = readCalculator(c.req.query());
    const isBegun = fields.baseline.trim() !== "" || fields.lift.trim() !== "";
    let calculation: Calculation | null = null;
    let problems: readonly Problem[] = [];
    try {
      if (isBegun) calculation = calculate(fields);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      problems = error.problems;
    }
    const page = { fields, calculation, problems };
    return c.html(<CalculatorPage {...page} />, problems.length > 0 ? 400 : 200);
  });
}
