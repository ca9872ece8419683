// The drift gate: each difference that keeps a service from working elsewhere is told, and what fits is not.
import assert from 'node:assert/strict';
import { compare, type ServiceFacts } from '../../../emulator/bundle/drift/compare.ts';
import { Manifest, type ManifestInput } from '../../../schemas/manifest.ts';
import { Target, type Artifact, type Lock } from '../../../schemas/target.ts';

const lock: Lock = {
  format: 1,
  python: '3.11.7',
  system: 'linux',
  machine: 'x86_64',
  requirements: ['keras==3.15.1'],
  packages: { keras: '3.15.1', numpy: '2.4.6', 'nvidia-cuda-runtime': '13.2.86' },
};
const file: Artifact = {
  path: 'model/digits.keras',
  format: 'keras',
  words: 'a Keras model',
  versions: { keras: '3.15.1' },
};

function facts(manifest: Partial<ManifestInput> = {}, more: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    manifest: Manifest.parse({ name: 'digits', main: 'digits.py', python: '>=3.10', ...manifest }),
    requirements: ['keras==3.15.1'],
    artifacts: [file],
    lock,
    ...more,
  };
}
const target = (more: object = {}): Target => Target.parse({ name: 'base', python: ['3.11'], ...more });
const told = (found: ReturnType<typeof compare>): string[] =>
  found.map(({ severity, message }) => `${severity}: ${message}`);

describe('the drift gate', () => {
  it('finds nothing where all fits', () => {
    assert.deepEqual(compare(facts(), target()), []);
    const baked = target({ installs: false, packages: { Keras: '3.15.1', numpy: '2.4.6' } });
    assert.deepEqual(compare(facts(), baked), []);
  });

  it('tells a Python that does not suit, and one that was not tried', () => {
    assert.deepEqual(told(compare(facts(), target({ python: ['3.9'] }))), [
      'error: "python" asks for >=3.10, and base has 3.9',
    ]);
    assert.deepEqual(told(compare(facts(), target({ python: ['3.12.1'] }))), [
      'warning: it was tried with Python 3.11.7, and base has 3.12.1',
    ]);
  });

  it('tells what a base image that installs nothing lacks', () => {
    const found = told(compare(facts({ apt: ['libgomp1'] }), target({ installs: false })));
    assert.deepEqual(found, [
      'error: it needs keras==3.15.1 (not installed), and base installs nothing',
      'error: "apt" asks for libgomp1, which base does not have',
    ]);
  });

  it('tells a Debian package that is not there, where requirements are installed and those packages are not', () => {
    const there = target({ installsApt: false, apt: ['libgomp1'] });
    assert.deepEqual(compare(facts({ apt: ['libgomp1'] }), there), []);
    assert.deepEqual(told(compare(facts({ apt: ['libgl1'] }), there)), [
      'error: "apt" asks for libgl1, which base does not have',
    ]);
  });

  it('takes one of two lines that are for different systems', () => {
    const requirements = ['tensorflow-cpu==2.21.0 ; machine', 'tensorflow==2.21.0 ; other'];
    const image = target({ installs: false, packages: { tensorflow: '2.21.0' } });
    assert.deepEqual(compare(facts({}, { requirements, lock: undefined, artifacts: [] }), image), []);
  });

  it('tells a model file that is newer than what will read it', () => {
    const image = target({ installs: false, packages: { keras: '3.12.0' } });
    const found = compare(facts({}, { requirements: [], lock: undefined }), image);
    assert.deepEqual(told(found), ['error: it was written by keras 3.15.1, and there is keras 3.12.0']);
    assert.equal(found[0]!.file, 'model/digits.keras');
  });

  it('tells an opset that is too new, and is silent about releases that it does not know', () => {
    const onnx = { ...file, format: 'onnx', versions: { 'onnx opset': '22', 'onnx ir': '10' } };
    const found = (version: string): string[] =>
      told(
        compare(
          facts({}, { requirements: [], lock: undefined, artifacts: [onnx] }),
          target({ installs: false, packages: { onnxruntime: version } }),
        ),
      );
    assert.deepEqual(found('1.18.0'), ['error: it uses opset 22, and onnxruntime 1.18.0 knows opsets up to 21']);
    assert.deepEqual(found('1.21.1'), []);
    assert.deepEqual(found('1.32.0'), []);
  });

  it('warns of a file that runs code, and refuses one that is damaged', () => {
    const artifacts = [
      { ...file, versions: {}, runsCode: 'it has a Lambda layer' },
      { ...file, versions: {}, problem: 'it is cut off' },
    ];
    assert.deepEqual(
      compare(facts({}, { artifacts }), target()).map(({ severity, code }) => [severity, code]),
      [
        ['warning', 'model_runs_code'],
        ['error', 'model_unusable'],
      ],
    );
  });

  it('tells a GPU that is not there, and a driver that is too old for the libraries', () => {
    const wants = { resources: { gpu: 1 } };
    assert.match(told(compare(facts(wants), target()))[0]!, /^error: .* base has no GPU$/);
    assert.match(told(compare(facts(wants), target({ cuda: '12.4' })))[0]!, /^error: .* CUDA 13\.2, .* CUDA 12\.4$/);
    assert.deepEqual(compare(facts(wants), target({ cuda: '13.0' })), []);
  });

  it('tells the change by which it fits, where the service can be changed for it', () => {
    const wishes = (found: ReturnType<typeof compare>): unknown[] => found.map(({ wish }) => wish);
    assert.deepEqual(wishes(compare(facts(), target({ python: ['3.9', '3.8'] }))), [
      { kind: 'python', range: '>=3.9' },
    ]);
    const baked = { installs: false, packages: { keras: '3.14.0', numpy: '2.4.6' } };
    const there = { kind: 'requirement', name: 'keras', exactly: '3.14.0' };
    // A model that is too new for a base image is not mended by a requirement.
    assert.deepEqual(wishes(compare(facts(), target(baked))), [there, there, undefined]);
    const pinned = facts({}, { requirements: ['keras==3.14.0'], lock: undefined });
    assert.deepEqual(wishes(compare(pinned, target())), [{ kind: 'requirement', name: 'keras', atLeast: '3.15.1' }]);
    const changed = facts({}, { requirements: ['keras==3.16.0'], artifacts: [] });
    assert.deepEqual(wishes(compare(changed, target())), [{ kind: 'lock' }]);
  });

  it('tells a lock that is out of date or from another kind of machine', () => {
    const old = facts({}, { requirements: ['keras==3.14.0'], artifacts: [] });
    assert.match(told(compare(old, target()))[0]!, /requirements have changed/);
    assert.match(told(compare(facts(), target({ machine: 'aarch64' })))[0]!, /locked on linux x86_64/);
  });
});
