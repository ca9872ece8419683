// The report of a rehearsal as lines for people, and as JUnit XML, one test case an assertion.
import type { RehearsalReport } from '../../schemas/scenario.ts';

export function reportText(report: RehearsalReport): string[] {
  const { scenario, seed, task, figures, versions, steps, assertions, examples, holds } = report;
  const seconds = (report.durationMs / 1000).toFixed(1);
  const by = Object.entries(versions).map(([version, answers]) => `${version} ${answers}`);
  return [
    `${scenario} on ${task}, seed ${seed}: ${figures.requests} requests in ${seconds} s, ${figures.answered} answered` +
      (by.length === 0 ? '' : ` (${by.join(', ')})`),
    ...models(report).map((what) => `a model and not the service: ${what}`),
    ...steps.map(({ atMs, what, on, outcome }) =>
      `  ${(atMs / 1000).toFixed(2).padStart(7)} s  ${what} ${on} ${outcome}`.trimEnd(),
    ),
    ...assertions.map(({ name, wanted, found, holds: held }) => `${held ? '✔' : '✘'} ${name}: ${found} (${wanted})`),
    ...examples.map((example) => `  ${example}`),
    holds ? 'All assertions hold.' : `${assertions.filter((one) => !one.holds).length} assertions do not hold.`,
  ];
}

/** `v1 by a recorded profile of NVIDIA H100`, for each version that was one. */
function models({ modelled = {} }: RehearsalReport): string[] {
  return Object.entries(modelled).map(([version, device]) => `${version} by a recorded profile of ${device}`);
}

export function reportJUnit(report: RehearsalReport): string {
  const { seed, assertions, durationMs } = report;
  // Whoever counts results of many suites sees it there.
  const scenario = models(report).length === 0 ? report.scenario : `${report.scenario} [model]`;
  const failures = assertions.filter(({ holds }) => !holds).length;
  const seconds = (durationMs / 1000).toFixed(3);
  const cases = assertions.map(({ name, wanted, found, holds }) => {
    const open = `    <testcase classname="${escape(scenario)}" name="${escape(name)}" time="0"`;
    if (holds) return `${open}/>`;
    return `${open}>\n      <failure message="${escape(`found ${found}, wanted ${wanted} (seed ${seed})`)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escape(scenario)}" tests="${assertions.length}" failures="${failures}" time="${seconds}">`,
    ...properties(models(report)),
    ...cases,
    `    <system-out>${escape(reportText(report).join('\n'))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function properties(of: readonly string[]): string[] {
  if (of.length === 0) return [];
  const each = of.map((what) => `      <property name="model" value="${escape(what)}"/>`);
  return ['    <properties>', ...each, '    </properties>'];
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/[^\t\n\x20-\ufffd]/g, '?');
}
