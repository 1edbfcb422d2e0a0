import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Context } from "hono";
import { expect, onTestFinished, test, vi } from "vitest";
import { pageContext, renderFor } from "../../../../server/admin/ui/page-context.ts";
import type { Env } from "../../../../server/http/http.ts";

const requestOf = (csrf: string) => ({ var: { csrf } }) as unknown as Context<Env>;

test("each page has its own request, however many are rendered at once and whichever ends first", async () => {
  const rendered = await Promise.all(
    [5, 1, 9, 0, 3].map(async (turns) => {
      const seen = await renderFor(requestOf(`token-${turns}`), async () => {
        for (let turn = 0; turn < turns; turn += 1) await nextTurn();
        return pageContext().csrf;
      });
      return seen === `token-${turns}` && pageContext().csrf === null;
    }),
  );
  expect(rendered).toEqual([true, true, true, true, true]);
});

test("a page that cannot be rendered leaves nothing behind", async () => {
  const failing = renderFor(requestOf("token"), () => {
    throw new Error("no such report");
  });
  await expect(failing).rejects.toThrow("no such report");
  expect(pageContext().csrf).toBeNull();
});

test("once no page is rendered, Node follows no promise for them any more", async () => {
  const disable = vi.spyOn(AsyncLocalStorage.prototype, "disable");
  onTestFinished(() => disable.mockRestore());
  let end: () => void = () => undefined;
  const longer = renderFor(requestOf("longer"), () => new Promise<void>((resolve) => (end = resolve)));
  await renderFor(requestOf("shorter"), () => nextTurn());
  expect(disable).not.toHaveBeenCalled();
  end();
  await longer;
  expect(disable).toHaveBeenCalledOnce();
});
