import { createContext, createElement, type ReactNode, useContext } from "react";

/** Fields of a group that components read; `fairsplit/node` has them in `all`. */
export interface GroupAnswer {
  readonly group: string;
  readonly value: number;
  readonly payload: unknown;
}

/** Groups as data, which a server component can hand to a client one: `groups.all`. */
export type GroupAnswers = Readonly<Record<string, GroupAnswer>>;

const Context = createContext<GroupAnswers>({});

interface ProviderProps {
  readonly groups: GroupAnswers;
  readonly children?: ReactNode;
}

/**
 * Gives the groups to all components below it. They come from the server as props, so the first
 * render in the browser is the server's, and hydration has nothing to warn of.
 */
export function GroupsProvider({ groups, children }: ProviderProps) {
  return createElement(Context.Provider, { value: groups }, children);
}

/** A visitor's group of an experiment; null when nothing is known, so show the control. */
export function useGroup(key: string): GroupAnswer | null {
  const groups = useContext(Context);
  const found = Object.hasOwn(groups, key) ? groups[key] : undefined;
  return found?.group ? found : null;
}

interface VariantProps {
  readonly experiment: string;
  /** Content by group; `children` stand for every other one. */
  readonly groups: Readonly<Record<string, ReactNode>>;
  readonly children?: ReactNode;
}

/**
 * The content of the visitor's group.
 *
 * @example <Variant experiment="button" groups={{ B: <Order /> }}><Buy /></Variant>
 */
export function Variant({ experiment, groups, children }: VariantProps) {
  const group = useGroup(experiment)?.group;
  return group !== undefined && Object.hasOwn(groups, group) ? groups[group] : children;
}

/**
 * The element that the tag reads instead of asking first; for the document's head.
 *
 * @param json `groups.toInlineJson()` of `fairsplit/node`
 */
export function InlineGroups({ json }: { readonly json: string }) {
  return createElement("script", {
    type: "application/json",
    id: "fairsplit",
    // The server made it, with < escaped. The time in it differs between renders.
    suppressHydrationWarning: true,
    dangerouslySetInnerHTML: { __html: json },
  });
}
