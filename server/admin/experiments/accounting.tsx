import type { LogState } from "../../events/log.ts";
import { size } from "../ui/format.ts";

/** What became of every event that was received, and the log's last error. */
export function AccountingPanel({ log }: { log: LogState }) {
  const { received, stored, duplicate, refused, shed, bot, off, waiting, unreadable, logBytes, lastError } = log;
  return (
    <section class="accounting" aria-labelledby="accounting">
      <h2 id="accounting">Events</h2>
      <dl>
        <Count name="Received" value={received} />
        <Count name="Stored" value={stored} />
        <Count name="Duplicates" value={duplicate} />
        <Count name="Refused" value={refused} />
        <Count name="Shed (to be sent again)" value={shed} />
        <Count name="Of bots, dropped" value={bot} />
        {off > 0 && <Count name="While switched off, dropped" value={off} />}
        {waiting > 0 && <Count name="On their way" value={waiting} />}
        {unreadable > 0 && <Count name="Unreadable lines" value={unreadable} />}
        <div>
          <dt>Log</dt>
          <dd>{size(logBytes)}</dd>
        </div>
      </dl>
      <p class="detail">
        {lastError ? (
          <>
            Last error, {lastError.at}: <span class="error">{lastError.message}</span>
          </>
        ) : (
          "No error since the start."
        )}
      </p>
    </section>
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
