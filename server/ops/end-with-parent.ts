/**
 * Ends this process, as SIGTERM does, when the process that gave it a channel (`stdio` with `ipc`)
 * is gone, even if that was killed. Without a channel nothing happens.
 */
export function endWithParent(): void {
  const end = () => process.kill(process.pid, "SIGTERM");
  // It may be gone already; without a channel it is undefined.
  if (process.connected === false) end();
  else process.once("disconnect", end);
  process.channel?.unref();
}
