import { type ASTNode, Environment, type ParseError } from "@marcbachmann/cel-js";
import * as v from "valibot";

/** What a rule may ask about a request. */
export interface RuleContext {
  /** The page's path; empty when the request says none. */
  readonly path: string;
  /** What the page says of the visitor: the `ctx.NAME` parameters of the request. */
  readonly ctx: ReadonlyMap<string, string>;
  /** First of the browser's languages, as in `de-AT`; empty when it says none. */
  readonly language: string;
  readonly userAgent: string;
}

export const MAX_RULE_LENGTH = 1000;

/**
 * Of CEL's operators those whose cost is that of what they read: no comprehension, no map or
 * message of one's own.
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
 * `matches` is left out because a pattern may take for ever, `bind` and the macros over lists
 * because nesting multiplies.
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

/** Why a text is no rule: the message, and where in the text, counted from 1. */
export class RuleError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(`at character ${at}: ${message}`);
    this.at = at;
  }
}

/**
 * A rule ready to be asked. An error while it is asked, as of a name that `ctx` does not have, is a
 * no.
 */
export type Condition = (context: RuleContext) => boolean;

/**
 * Parses and type-checks a rule. There is no `eval` in it, and no loop: what it costs is bounded by
 * its own length times that of the longest text it reads.
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

/** A text that is a rule. */
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
