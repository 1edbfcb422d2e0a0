import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { connectionShare } from "../../../server/http/connection-share.ts";

class Connection extends EventEmitter {
  destroyed = false;
  readonly writableEnded = false;
  readonly remoteAddress: string;
  readonly bytesWritten = 1;
  readonly parser: { incoming: object | null };

  constructor(remoteAddress: string, isIdle = true) {
    super();
    this.remoteAddress = remoteAddress;
    this.parser = { incoming: isIdle ? null : {} };
  }

  destroy() {
    this.destroyed = true;
    this.emit("close");
  }
}

/** A limit, and connections of addresses; `open` has those left of each address. */
function limited(most: number) {
  const admit = connectionShare(most);
  const all: Connection[] = [];
  return {
    come(address: string, isIdle = true) {
      const connection = new Connection(address, isIdle);
      all.push(connection);
      admit(connection as unknown as Socket);
      return connection;
    },
    open(address: string) {
      return all.filter(({ remoteAddress, destroyed }) => remoteAddress === address && !destroyed).length;
    },
  };
}

const times = (count: number, what: () => unknown) => Array.from({ length: count }, what);

test("one address may have all connections while nobody else needs them, and no more", () => {
  const { come, open } = limited(10);
  times(15, () => come("192.0.2.1"));
  expect(open("192.0.2.1")).toBe(10);
});

test("a new address takes from the one that has most, until they have the same", () => {
  const { come, open } = limited(10);
  times(10, () => come("192.0.2.1"));
  times(20, () => come("192.0.2.2"));
  expect([open("192.0.2.1"), open("192.0.2.2")]).toEqual([5, 5]);
  times(3, () => come("192.0.2.3"));
  expect(open("192.0.2.3")).toBe(3);
  expect(open("192.0.2.1") + open("192.0.2.2")).toBe(7);
});

test("nobody takes from an address with as few as its own", () => {
  const { come, open } = limited(3);
  for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]) come(address);
  expect(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"].map(open)).toEqual([1, 1, 1, 0]);
});

test("the oldest idle connection is closed, or else the oldest", () => {
  const { come } = limited(4);
  const busy = come("192.0.2.1", false);
  const idle = come("192.0.2.1");
  const later = come("192.0.2.1");
  const last = come("192.0.2.1", false);
  come("192.0.2.2");
  expect([busy, idle, later, last].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);

  const { come: comeBusy } = limited(3);
  const [oldest, other] = times(3, () => comeBusy("192.0.2.1", false)) as Connection[];
  comeBusy("192.0.2.2");
  expect([oldest?.destroyed, other?.destroyed]).toEqual([true, false]);
});

test("an IPv6 network of one customer has one share", () => {
  const { come, open } = limited(4);
  for (const host of ["1", "2", "3", "4"]) come(`2001:db8:0:1::${host}`);
  come("2001:db8:0:2::1");
  expect(open("2001:db8:0:2::1")).toBe(1);
  expect(["1", "2", "3", "4"].map((host) => open(`2001:db8:0:1::${host}`))).toEqual([0, 1, 1, 1]);
});

test("a closed connection makes room", () => {
  const { come, open } = limited(2);
  const first = come("192.0.2.1");
  come("192.0.2.2");
  first.destroy();
  come("192.0.2.3");
  expect(["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(open)).toEqual([0, 1, 1]);
});

test("0 is no limit", () => {
  const { come, open } = limited(0);
  times(50, () => come("192.0.2.1"));
  expect(open("192.0.2.1")).toBe(50);
});
