import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { buildProgress } from '../../../emulator/docker/build-progress.ts';
import {
  dependenciesDockerfile,
  modelDockerfile,
  serviceDockerfile,
  type DependenciesPart,
} from '../../../emulator/docker/dockerfile.ts';

const plain: DependenciesPart = {
  from: 'sha256:base',
  digest: 'd1',
  hasApt: false,
  hasPip: false,
  isWhole: false,
  hasAptSources: false,
  hasCertificates: false,
  pipArgs: [],
  hideSettings: false,
  usesGpu: false,
};
const withAll: DependenciesPart = {
  ...plain,
  ...{ hasApt: true, hasPip: true, hasAptSources: true, hasCertificates: true, usesGpu: true },
  pipArgs: ['PIP_INDEX_URL'],
};

describe('the instructions of an image', () => {
  it('install nothing that is not asked for', () => {
    const text = dependenciesDockerfile(plain);
    assert.doesNotMatch(text, /apt-get|pip install|COPY|ARG|NVIDIA/);
    assert.match(text, /^USER 10001:10001$/m);
  });

  it('install what is asked for, from lists and with the settings of the user', () => {
    const text = dependenciesDockerfile(withAll);
    assert.match(text, /xargs -a \/opt\/slipway\/lists\/apt\.txt apt-get install/);
    assert.match(text, /-r \/opt\/slipway\/lists\/requirements\.txt/);
    assert.match(text, /^ARG PIP_INDEX_URL$/m);
    assert.doesNotMatch(text, /--no-deps/);
    assert.match(dependenciesDockerfile({ ...withAll, isWhole: true }), /pip install .*--no-deps -r/);
    assert.match(text, /CaInfo=\/opt\/slipway\/certificates\.crt/);
    assert.match(text, /^ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility$/m);
  });

  it('keep settings with a password out of the history: packages come from a stage that is thrown away', () => {
    const text = dependenciesDockerfile({ ...withAll, hideSettings: true });
    const last = text.slice(text.lastIndexOf('\nFROM '));
    assert.match(text, /FROM system AS packages\nARG PIP_INDEX_URL/);
    assert.doesNotMatch(last, /ARG|pip install/);
    assert.match(last, /COPY --from=packages/);
  });

  it('name an image by its digest only at their very end, so that one that is not whole has no name', () => {
    const all = [
      dependenciesDockerfile(withAll),
      modelDockerfile({ from: 'sha256:a', digest: 'd1', hasModel: true }),
      serviceDockerfile({ from: 'sha256:b', digest: 'd1', task: 't', bundle: 'sha256:c', slipway: '1' }),
    ];
    for (const text of all) {
      const lines = text.trimEnd().split('\n');
      assert.match(lines[1]!, /^LABEL slipway\.step=building /);
      assert.match(lines.at(-1)!, /^LABEL slipway\.step=d1/);
      assert.equal(lines.filter((line) => line.includes('=d1')).length, 1);
    }
  });

  it('are the same for the same wish, and others for any other one', () => {
    const flags = fc.record({
      hasApt: fc.boolean(),
      hasPip: fc.boolean(),
      hasAptSources: fc.boolean(),
      hasCertificates: fc.boolean(),
      usesGpu: fc.boolean(),
    });
    fc.assert(
      fc.property(flags, flags, (one, other) => {
        const same = Object.entries(one).every(([name, value]) => other[name as keyof typeof other] === value);
        const [first, second] = [one, other].map((part) => dependenciesDockerfile({ ...plain, ...part }));
        // Certificates and sources that nobody uses change nothing that is installed, but stand in the image.
        return same ? first === second : first !== second;
      }),
    );
  });
});

describe('a line of a build log', () => {
  const cases: [string, string | undefined][] = [
    ['Step 3/9 : COPY apt.txt /opt/slipway/lists/', 'step 3 of 9 (COPY)'],
    ['Setting up libgomp1:amd64 (12.2.0-14) ...', 'installing libgomp1:amd64'],
    ['Removing intermediate container 5a', undefined],
    [' ---> 2f1c', undefined],
  ];
  for (const [line, expected] of cases) {
    it(`says ${expected ?? 'nothing'}: ${line}`, () => assert.equal(buildProgress(line), expected));
  }
});
