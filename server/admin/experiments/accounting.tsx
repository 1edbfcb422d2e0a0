import type { LogState } from "../../events/log.ts";
import type { CountingFailures } from "../../results/counting-failures.ts";
import { size } from "../ui/format.ts";

interface Props {
  readonly log: LogState;
  readonly failures: CountingFailures;
}

/** Outcomes of all received events, and the last error of the log, or of counting it. */
export function AccountingPanel({ log, failures }: Props) {
  const { received, stored, duplicate, rejected, shed, bot, off, waiting, unreadable, logBytes, droppedFields } = log;
  const [lastError] = [log.lastError, failures.last]
    .filter((error) => error !== null)
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <section class="accounting" aria-labelledby="accounting">
      <h2 id="accounting">Events</h2>
      <dl>
        <Count name="Received" value={received} />
        <Count name="Stored" value={stored} />
        <Count name="Duplicates" value={duplicate} />
        <Count name="Rejected" value={rejected} />
        <Count name="Rejected under load (retried)" value={shed} />
        <Count name="Bot events ignored" value={bot} />
        {off > 0 && <Count name="Ignored while all experiments were stopped" value={off} />}
        {waiting > 0 && <Count name="On their way" value={waiting} />}
        {unreadable > 0 && <Count name="Unreadable lines" value={unreadable} />}
        <div>
          <dt>Log</dt>
          <dd>{size(logBytes)}</dd>
        </div>
      </dl>
      {droppedFields.length > 0 && <DroppedFieldsTable fields={droppedFields} />}
      <p class="detail">
        {lastError ? (
          <>
            Last error, {lastError.at}: <span class="error">{lastError.message}</span>
          </>
        ) : (
          "No errors since start."
        )}
      </p>
    </section>
  );
}

/** The events are stored and counted: only these fields lost something. */
function DroppedFieldsTable({ fields }: { fields: LogState["droppedFields"] }) {
  return (
    <details>
      <summary>
        {fields.length === 1 ? "A field was" : `${fields.length} fields were`} cut or set aside; the events are stored
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Events</th>
            <th scope="col">Newest example</th>
          </tr>
        </thead>
        <tbody>
          {fields.map(({ field, events, event, example, at }) => (
            <tr>
              <th scope="row">
                <code>{field}</code>
              </th>
              <td>{events.toLocaleString("en")}</td>
              <td>
                <code>{example}</code> in <code>{event}</code>,{" "}
                <time datetime={at}>{at.slice(0, 16).replace("T", " ")}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value.toLocaleString("en")}</dd>
    </div>
  );
}
