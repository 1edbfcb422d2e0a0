-- wrk's side of bench/http-load.ts: `wrk … -s http-load.lua URL -- SEED REQUEST`. REQUEST is the raw text of an HTTP
-- request; every `{id}` in it becomes an id that was never sent before, 36 characters long like the UUID it looks like.

local pieces, seed, count = {}, "", 0

function init(args)
  seed = args[1]
  for piece in (args[2] .. "{id}"):gmatch("(.-){id}") do
    if #pieces > 0 then pieces[#pieces + 1] = "" end
    pieces[#pieces + 1] = piece
  end
end

function request()
  for i = 2, #pieces, 2 do
    count = count + 1
    pieces[i] = string.format("%s-0000-7000-8000-%012x", seed, count)
  end
  return table.concat(pieces)
end

-- The last line on stdout; latencies are in microseconds, `cpu` is the seconds of processor time that wrk itself took.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50Us":%d,"p99Us":%d,"failed":%d,"cpuSeconds":%f}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout, os.clock()))
end
