import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { LoadWindow } from '../../../emulator/autoscaler/load-window.ts';
import type { Demand } from '../../../schemas/scaling.ts';

/** Counts of a gateway that had `level` requests in flight from `from` on, and nothing before. */
function counts(gateway: string, atMs: number, level: number, from = 0): Demand {
  const spanMs = Math.max(0, atMs - from);
  return { gateway, atMs, inFlight: level, inFlightMs: level * spanMs, arrivals: Math.round((level * spanMs) / 100) };
}

function rows(...demands: Demand[]): ReadonlyMap<string, Demand> {
  return new Map(demands.map((demand) => [demand.gateway, demand]));
}

describe('the window of the load', () => {
  it('gives the mean of what happened between two readings, whatever was in flight at those moments', () => {
    const window = new LoadWindow(6_000);
    window.push(0, rows({ gateway: 'a', atMs: 100, inFlight: 0, inFlightMs: 500, arrivals: 7 }), 1_000);
    assert.equal(window.mean(6_000, 0), undefined, 'one reading is no data');
    window.push(1_000, rows({ gateway: 'a', atMs: 1_100, inFlight: 0, inFlightMs: 4_500, arrivals: 27 }), 1_000);
    assert.deepEqual(window.mean(6_000, 1_000), { concurrency: 4, qps: 20, coveredMs: 1_000, whole: true });
  });

  it('adds up gateways, each by its own clock', () => {
    const window = new LoadWindow(6_000);
    for (let now = 0; now <= 3_000; now += 1_000)
      window.push(now, rows(counts('a', now + 50_000, 3, 50_000), counts('b', now + 9, 5, 9)), 1_000);
    const mean = window.mean(6_000, 3_000)!;
    assert.equal(Math.round(mean.concurrency * 1e6) / 1e6, 8);
    assert.equal(window.inFlight, 8);
  });

  it('forgets what is older than the window', () => {
    const window = new LoadWindow(6_000);
    let inFlightMs = 0;
    for (let second = 0; second <= 20; second++) {
      if (second > 0) inFlightMs += (second <= 10 ? 9 : 1) * 1_000;
      window.push(
        second * 1_000,
        rows({ gateway: 'a', atMs: second * 1_000, inFlight: 1, inFlightMs, arrivals: second }),
        1_000,
      );
    }
    assert.equal(window.mean(6_000, 20_000)!.concurrency, 1);
  });

  it('counts a gateway that began anew from its beginning', () => {
    const window = new LoadWindow(6_000);
    window.push(0, rows({ gateway: 'a', atMs: 0, inFlight: 4, inFlightMs: 1e6, arrivals: 1e5 }), 1_000);
    window.push(1_000, rows({ gateway: 'a2', atMs: 10, inFlight: 4, inFlightMs: 40, arrivals: 4 }), 1_000);
    assert.equal(window.mean(6_000, 1_000), undefined);
    window.push(2_000, rows({ gateway: 'a2', atMs: 1_010, inFlight: 4, inFlightMs: 4_040, arrivals: 20 }), 1_000);
    assert.equal(window.mean(6_000, 2_000)!.concurrency, 4);
  });

  it('knows that it does not know the load of a gateway that is silent', () => {
    const window = new LoadWindow(6_000);
    window.push(0, rows(counts('a', 0, 2), counts('b', 0, 9)), 1_000);
    window.push(1_000, rows(counts('a', 1_000, 2)), 1_000);
    assert.equal(window.mean(6_000, 1_000)!.whole, false);
    window.push(2_000, rows(), 1_000);
    assert.equal(window.inFlight, undefined);
  });

  it('F31: starts anew after a sleep, and takes the sleep neither for idle time nor for load', () => {
    const window = new LoadWindow(6_000);
    for (let now = 0; now <= 6_000; now += 1_000) window.push(now, rows(counts('a', now, 7)), 1_000);
    const woken = 6_000 + 8 * 3_600_000;
    window.push(woken, rows({ ...counts('a', 6_000, 0), atMs: woken }), 1_000);
    assert.equal(window.mean(6_000, woken), undefined);
    assert.equal(window.idleMs, 0);
    window.push(woken + 1_000, rows({ ...counts('a', 6_000, 0), atMs: woken + 1_000 }), 1_000);
    assert.equal(window.idleMs, 1_000);
  });

  it('counts idle time only while it looks, and from the last request on', () => {
    const window = new LoadWindow(6_000);
    let reading = { gateway: 'a', atMs: 0, inFlight: 0, inFlightMs: 0, arrivals: 0 };
    window.push(0, rows(reading), 1_000);
    reading = { ...reading, atMs: 60_000 };
    window.push(60_000, rows(reading), 60_000);
    assert.equal(window.idleMs, 60_000, 'a pause that was meant is no gap');
    reading = { ...reading, atMs: 61_000, inFlightMs: 3, arrivals: 1 };
    window.push(61_000, rows(reading), 1_000);
    assert.equal(window.idleMs, 0);
  });

  it('is the true mean of any load that is constant between readings', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ level: fc.nat(50), ms: fc.integer({ min: 1, max: 3_000 }) }), {
          minLength: 1,
          maxLength: 40,
        }),
        (steps) => {
          const window = new LoadWindow(1e9);
          let at = 0;
          let inFlightMs = 0;
          window.push(0, rows({ gateway: 'a', atMs: 0, inFlight: 0, inFlightMs, arrivals: 0 }), 1_000);
          for (const { level, ms } of steps) {
            at += ms;
            inFlightMs += level * ms;
            window.push(at, rows({ gateway: 'a', atMs: at, inFlight: level, inFlightMs, arrivals: 0 }), 1_000);
          }
          const mean = window.mean(1e9, at)!;
          assert.ok(Math.abs(mean.concurrency - inFlightMs / at) < 1e-6);
          assert.equal(mean.coveredMs, at);
        },
      ),
    );
  });
});
