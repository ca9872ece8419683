// A visible skip: a test that cannot run here says why. In CI a skip for want of a tool counts as a failure.

/** Ends the running test (or, from a `before` hook, those of its group) as skipped. Call it from a `function`. */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable: Mocha.Runnable & { skipReason?: string; type?: string } = context.runnable();
  runnable.skipReason = reason;
  // A hook skips the tests of its group, and they are reported instead of it.
  if (runnable.type === 'hook') {
    runnable.parent?.eachTest((test: Mocha.Test & { skipReason?: string }) => (test.skipReason ??= reason));
  }
  return context.skip();
}
