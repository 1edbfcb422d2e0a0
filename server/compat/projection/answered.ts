import type { Context } from "hono";
import { BodyRejected } from "../../http/body.ts";
import type { Env } from "../../http/http.ts";
import { BadId } from "./attributes.ts";

type Handler = (c: Context<Env>) => Promise<Response> | Response;

/** Answers bodies and IDs that are rejected in a dialect's own form of an error. */
export function answeredWith(failed: (status: number, message: string) => Response) {
  return (answer: Handler) =>
    async (c: Context<Env>): Promise<Response> => {
      try {
        return await answer(c);
      } catch (error) {
        if (error instanceof BodyRejected) return failed(error.status, error.message);
        if (error instanceof BadId) return failed(400, error.message);
        throw error;
      }
    };
}
