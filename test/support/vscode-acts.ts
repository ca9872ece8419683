// Acts in a window of the editor. A key or a click may come before the editor listens, or on what is drawn anew in that
// moment: an act is done again until its effect is seen, and never again once it is.
import type { Locator } from 'playwright-core';

/** A machine that does other work too is slow; what does not come at all is told by this. */
export const patienceMs = 60_000;
/** How long one try may take, and its effect after it. Acts of which two would do harm look first whether one is needed. */
export const tryMs = 8_000;
const lookMs = 50;

/**
 * Acts until `seen`.
 * @param what completes "nothing came of an attempt …"
 * @throws Error with the last failure of the act as its cause
 */
export async function actUntil(
  what: string,
  act: () => Promise<unknown>,
  seen: () => Promise<boolean>,
  limitMs = patienceMs,
): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const failure = await act().then(
      () => undefined,
      (error: unknown) => error,
    );
    const tryEnd = performance.now() + tryMs;
    do {
      // What is looked at may be drawn anew in that moment.
      if (await seen().catch(() => false)) return;
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    } while (performance.now() < tryEnd);
    if (performance.now() > end) throw new Error(`nothing came of an attempt ${what}`, { cause: failure });
  }
}

export const isShown =
  (locator: Locator): (() => Promise<boolean>) =>
  () =>
    locator.first().isVisible();

export const isGone =
  (locator: Locator): (() => Promise<boolean>) =>
  async () =>
    !(await locator.first().isVisible());
