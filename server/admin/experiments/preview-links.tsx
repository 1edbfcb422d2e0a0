import type { Experiment } from "../../../core/experiment.ts";
import { CsrfField } from "../ui/csrf-field.tsx";

/**
 * A button for each group of an experiment, in any state, that leads to the link showing the group
 * on a page of the site.
 */
export function PreviewLinks({ experiment: { key, groups } }: { experiment: Experiment }) {
  return (
    <form class="actions preview-links" method="post" action="/experiments/force">
      <CsrfField />
      <span>On your site:</span>
      {groups.map(({ name }) => (
        <button type="submit" name={`group.${key}`} value={name}>
          Preview {name}
        </button>
      ))}
    </form>
  );
}
