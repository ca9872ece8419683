// What the model files say of what wrote them, against what will read them.
import type { Artifact } from '../../../schemas/target.ts';
import { finding, type Finding } from '../finding.ts';
import { caution, isNewer, mismatch, type Difference } from './difference.ts';

/** Distributions that read what a stamp names, the first that is there counts. */
const readers: Readonly<Record<string, readonly string[]>> = {
  tensorflow: ['tensorflow', 'tensorflow-cpu', 'tensorflow-intel', 'tensorflow-macos'],
  keras: ['keras'],
  mxnet: ['mxnet'],
  skops: ['skops'],
  xgboost: ['xgboost', 'xgboost-cpu'],
};

/** The newest opset of the ONNX domain that a release of ONNX Runtime knows (its compatibility page). */
const opsets: readonly (readonly [release: string, opset: number])[] = [
  ['1.13', 17],
  ['1.14', 18],
  ['1.15', 19],
  ['1.17', 20],
  ['1.18', 21],
  ['1.21', 22],
  ['1.22', 23],
];

/** @param there packages by normalised name */
export function artifactFindings(
  artifacts: readonly Artifact[],
  there: Readonly<Record<string, string>>,
): Difference[] {
  return artifacts.flatMap((artifact) => [...ownFindings(artifact), ...versionFindings(artifact, there)]);
}

/** What is wrong with a file wherever it is read. */
export function ownFindings({ path, words, problem, runsCode }: Artifact): Finding[] {
  if (problem !== undefined) {
    return [
      finding('model_unusable', `it was expected to be ${words}, but ${problem}`, path, {
        hint: 'Copy or save it again.',
      }),
    ];
  }
  if (runsCode === undefined) return [];
  const hint = 'Save it in a form without code: weights alone, ONNX, skops, .keras without Lambda.';
  return [finding('model_runs_code', `loading it runs code: ${runsCode}`, path, { hint, severity: 'warning' })];
}

function versionFindings({ path, versions }: Artifact, there: Readonly<Record<string, string>>): Difference[] {
  const found: Difference[] = [];
  for (const [name, written] of Object.entries(versions)) {
    const isOldKeras = name === 'keras' && written.startsWith('2.') && there['tf-keras'] !== undefined;
    const reader = isOldKeras ? undefined : readers[name]?.find((each) => there[each] !== undefined);
    if (reader !== undefined && isNewer(written, there[reader]!)) {
      const message = `it was written by ${name} ${written}, and there is ${reader} ${there[reader]!}`;
      const hint = `Use ${reader}>=${written} there, or save the model with ${there[reader]!}.`;
      found.push(mismatch(message, hint, path, { kind: 'requirement', name: reader, atLeast: written }));
    }
    if (name === 'keras' && written.startsWith('2.') && !isOldKeras && there['keras']?.startsWith('3.') === true) {
      const message = `it was written by Keras ${written}, and there is keras ${there['keras']} without tf-keras`;
      found.push(
        caution(message, 'Put tf-keras into "requirements".', path, { kind: 'requirement', name: 'tf-keras' }),
      );
    }
  }
  return [...found, ...opsetFindings(path, versions['onnx opset'], there)];
}

function opsetFindings(path: string, opset: string | undefined, there: Readonly<Record<string, string>>): Difference[] {
  const runtime = there['onnxruntime'] ?? there['onnxruntime-gpu'];
  if (opset === undefined || runtime === undefined) return [];
  const newest = opsets.findLast(([release]) => !isNewer(release, runtime));
  // Of releases later than the last row only a lower bound is known.
  if (newest === undefined || newest === opsets.at(-1) || Number(opset) <= newest[1]) return [];
  const message = `it uses opset ${opset}, and onnxruntime ${runtime} knows opsets up to ${newest[1]}`;
  return [mismatch(message, `Export it for opset ${newest[1]}, or use a later onnxruntime.`, path)];
}
