// A visible skip: a test that cannot run here says why. In CI a skip for want of a tool counts as a failure.

/** Ends the running test (or, from a `before` hook, those of its group) as skipped. Call it from a `function`. */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable: Mocha.Runnable & { skipReason?: string } = context.runnable();
  runnable.skipReason = reason;
  // In a hook it is the tests of the group that will be reported.
  runnable.parent?.eachTest((test: Mocha.Test & { skipReason?: string }) => (test.skipReason ??= reason));
  return context.skip();
}
