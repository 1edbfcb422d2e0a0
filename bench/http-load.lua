-- wrk's side of bench/http-load.ts: `wrk … -s http-load.lua URL -- SEED REQUEST`. REQUEST is the raw text of an HTTP
-- request; every `{id}` in it becomes an id that was never sent before, 36 characters long like the UUID it looks like.
-- Every `{known}` becomes one of a thousand ids, the same in every run.

local pieces, names, seed, count = {}, {}, "", 0

function init(args)
  seed = args[1]
  local from = 1
  for at, name, to in args[2]:gmatch("(){(%a+)}()") do
    if name == "id" or name == "known" then
      pieces[#pieces + 1] = args[2]:sub(from, at - 1)
      pieces[#pieces + 1] = ""
      names[#names + 1] = name
      from = to
    end
  end
  pieces[#pieces + 1] = args[2]:sub(from)
end

function request()
  for i, name in ipairs(names) do
    count = count + 1
    local isNew = name == "id"
    pieces[2 * i] = string.format("%s-0000-7000-8000-%012x", isNew and seed or "00000000", isNew and count or count % 1000)
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
