import type { Settings } from "../../../core/settings.ts";
import { ChangeLines } from "../history/change-lines.tsx";
import { settingsChanges } from "../history/settings-changes.ts";
import { CsrfField } from "../ui/csrf-field.tsx";
import { Layout } from "../ui/layout.tsx";

interface Props {
  readonly before: Settings;
  readonly after: Settings;
  /** The version of `before`. */
  readonly version: number;
  /** Consequences, in sentences. */
  readonly consequences: readonly string[];
  /** The form's fields, to be submitted again. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Why the change was rejected, or that the settings have changed since they were viewed. */
  readonly error: string | null;
}

/** Shows the consequences of a change of the settings, and asks for confirmation. */
export function ConfirmSettingsPage({ before, after, version, consequences, fields, error }: Props) {
  const changes = settingsChanges(before, after);
  return (
    <Layout title="Change the settings?" section="settings">
      <h1>Change the settings?</h1>
      {error !== null && (
        <div class="warning" role="alert">
          {error}
        </div>
      )}
      <div class="card">
        {changes.length === 0 ? (
          <>
            <p>Nothing would change: the settings are so already.</p>
            <a href="/experiments/settings">Back to the settings</a>
          </>
        ) : (
          <>
            <h2>What will change</h2>
            <ChangeLines changes={changes} />
            <ul class="consequences">
              {consequences.map((sentence) => (
                <li>{sentence}</li>
              ))}
            </ul>
            <form method="post" action="/experiments/settings">
              <CsrfField />
              <input type="hidden" name="version" value={String(version)} />
              {fields.map(([name, value]) => (
                <input type="hidden" name={name} value={value} />
              ))}
              <div class="actions">
                <button type="submit" class="primary">
                  {words(before, after)}
                </button>
                <a href="/experiments/settings">Cancel</a>
              </div>
            </form>
          </>
        )}
      </div>
    </Layout>
  );
}

function words(before: Settings, after: Settings): string {
  if (before.enabled === after.enabled) return "Change the holdout";
  return after.enabled ? "Start all experiments" : "Stop all experiments";
}
