import { type ASTNode, Environment, type ParseError } from "@marcbachmann/cel-js";
import * as v from "valibot";

/** Variables of rules. */
export interface RuleContext {
  /** Path of the page; empty if unknown. */
  readonly path: string;
  /** The `ctx.NAME` parameters of the request, set by the page. */
  readonly ctx: ReadonlyMap<string, string>;
  /** The browser's first language, such as `de-AT`; empty if unknown. */
  readonly language: string;
  readonly userAgent: string;
}

export const MAX_RULE_LENGTH = 1000;

/**
 * Operators of CEL whose cost is linear in their operands: no comprehensions, no map or message
 * literals.
 */
const OPERATORS = ["value", "id", ".", "[]", "list", "?:", "||", "&&", "!_", "-_"].concat([
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "+",
  "-",
  "*",
  "/",
  "%",
]);
/**
 * Allowed functions. Excludes `matches`, whose patterns may take very long, and `bind` and the
 * macros over lists, because nesting multiplies their cost.
 */
const FUNCTIONS = ["has", "size", "int", "double", "bool", "string"].concat([
  "startsWith",
  "endsWith",
  "contains",
  "lowerAscii",
  "upperAscii",
  "trim",
  "split",
]);

const ALLOWED = `a CEL expression of 1 to ${MAX_RULE_LENGTH} characters over path, ctx, language and userAgent that is true or false`;

const environment = new Environment({ limits: { maxAstNodes: 400, maxDepth: 40, maxListElements: 200 } })
  .registerVariable("path", "string")
  .registerVariable("ctx", "map<string, string>")
  .registerVariable("language", "string")
  .registerVariable("userAgent", "string");

/** Syntax or type error of a rule: the message, and the position in the text, counted from 1. */
export class RuleError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(`at character ${at}: ${message}`);
    this.at = at;
  }
}

/** A compiled rule. An evaluation error, such as a name missing in `ctx`, is false. */
export type Condition = (context: RuleContext) => boolean;

/**
 * Parses and type-checks a rule. It has no `eval` and no loop: its cost is bounded by its own
 * length times that of the longest text it reads.
 *
 * @throws RuleError
 * @example compileRule('ctx.plan in ["free", "trial"] && path.startsWith("/shop/")')
 */
export function compileRule(text: string): Condition {
  const parsed = parseExpression(text);
  rejectOthers(parsed.ast);
  const { valid, type, error } = parsed.check();
  if (!valid) throw ruleError(error as ParseError);
  if (type !== "bool") throw new RuleError(`it gives ${type}, not true or false`, 1);
  return (context) => {
    try {
      return parsed(context as unknown as Record<string, unknown>) === true;
    } catch {
      return false;
    }
  };
}

/** Text of a valid rule. */
export const Rule = v.pipe(
  v.string(ALLOWED),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const text = dataset.value;
    if (text.length < 1 || text.length > MAX_RULE_LENGTH || !text.isWellFormed()) {
      addIssue({ message: ALLOWED });
      return;
    }
    try {
      compileRule(text);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      addIssue({ message: `${ALLOWED} (${error.message})` });
    }
  }),
);

function parseExpression(text: string) {
  try {
    return environment.parse(text);
  } catch (error) {
    throw ruleError(error as ParseError);
  }
}

function ruleError({ summary, range }: Pick<ParseError, "summary" | "range">): RuleError {
  return new RuleError(summary, (range?.start ?? 0) + 1);
}

function rejectOthers(node: ASTNode): void {
  const name = node.op === "call" || node.op === "rcall" ? String((node.args as unknown[])[0]) : node.op;
  const known = node.op === "call" || node.op === "rcall" ? FUNCTIONS : OPERATORS;
  if (!known.includes(name)) {
    throw new RuleError(`"${name}" is not allowed; functions are ${FUNCTIONS.join(", ")}`, node.start + 1);
  }
  for (const part of [node.args].flat(2)) if (isNode(part)) rejectOthers(part);
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === "object" && part !== null && "op" in part;
}
