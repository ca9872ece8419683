// The results of one suite: the file by which a suite tells them to the run, and the JUnit form of it.
import { z } from 'zod';

export const TestResult = z.object({
  /** Title with those of the suites around it. */
  title: z.string(),
  file: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  ms: z.number(),
  /** Of a failed test: what was thrown. Of a skipped one: why. */
  text: z.string().optional(),
});
export type TestResult = z.infer<typeof TestResult>;

export const SuiteResult = z.object({
  suite: z.string(),
  tests: z.array(TestResult),
  /** What failed at first, and not when it was run again. */
  unsteady: z.array(TestResult).optional(),
});
export type SuiteResult = z.infer<typeof SuiteResult>;

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function totalsOf(suites: readonly SuiteResult[]): Totals {
  const count = (state: TestResult['state']): number =>
    suites.reduce((sum, { tests }) => sum + tests.filter((test) => test.state === state).length, 0);
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** The last line of a run: `N passed, N failed`, and what was skipped. */
export function lastLine({ passed, failed, skipped }: Totals): string {
  return `${String(passed)} passed, ${String(failed)} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`;
}

/** A skip for want of a tool hides what it would have tested; a machine that counts must have the tool. */
export function isMissingTool(reason: string): boolean {
  return /docker|kubernetes|vs ?code|missing|not installed|not found|no reason/i.test(reason);
}

/** In CI a skip for want of a tool is a failure. */
export function judgeSkips(suite: SuiteResult): SuiteResult {
  const tests = suite.tests.map((test): TestResult => {
    if (test.state !== 'skipped' || !isMissingTool(test.text ?? 'no reason')) return test;
    return { ...test, state: 'failed', text: `skipped, which is a failure in CI: ${test.text ?? 'no reason given'}` };
  });
  return { ...suite, tests };
}

export function toJUnit({ suite, tests }: SuiteResult): string {
  const totals = totalsOf([{ suite, tests }]);
  const rows = tests.map(({ title, file, state, ms, text = '' }) => {
    const head = `  <testcase classname="${escape(file)}" name="${escape(title)}" time="${(ms / 1000).toFixed(3)}"`;
    if (state === 'passed') return `${head}/>`;
    const tag = state === 'failed' ? 'failure' : 'skipped';
    return `${head}><${tag} message="${escape(text.split('\n')[0] ?? '')}">${escape(text)}</${tag}></testcase>`;
  });
  const counts = `tests="${String(tests.length)}" failures="${String(totals.failed)}" skipped="${String(totals.skipped)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escape(suite)}" ${counts}>`,
    ...rows,
    '</testsuite>',
    '',
  ].join('\n');
}

/** The tests of a JUnit file that pytest wrote. */
export function fromPytest(suite: string, xml: string): SuiteResult {
  const tests = [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, head = '', body = '']): TestResult => {
      const problem = /<(failure|error|skipped)\b([^>]*?)(?:\/>|>([\s\S]*?)<\/\1>)/.exec(body);
      const message = attribute(problem?.[2] ?? '', 'message');
      return {
        title: `${attribute(head, 'classname')} ${attribute(head, 'name')}`,
        file: attribute(head, 'classname'),
        state: problem === null ? 'passed' : problem[1] === 'skipped' ? 'skipped' : 'failed',
        ms: Number(attribute(head, 'time')) * 1000,
        ...(problem === null ? {} : { text: message }),
      };
    },
  );
  return { suite, tests };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function attribute(head: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(head)?.[1] ?? '';
  return value.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, entity: string | undefined) =>
    code === undefined ? (entities[entity ?? ''] ?? whole) : String.fromCodePoint(Number(code)),
  );
}

function escape(text: string): string {
  return (
    text
      // XML 1.0 has no form at all for most control characters.
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?')
      .replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
  );
}
