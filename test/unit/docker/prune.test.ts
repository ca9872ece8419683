import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { outdatedImages, type CachedImage } from '../../../emulator/docker/prune.ts';

const dayMs = 86_400_000;
const now = 100 * dayMs;
const image = (id: string, more: Partial<CachedImage> = {}): CachedImage => ({
  id,
  parent: '',
  isService: true,
  isUsed: false,
  createdAt: now - dayMs,
  ...more,
});
const keep = { count: 2, ageMs: 30 * dayMs };

describe('the cache of images', () => {
  it('keeps the newest of the services', () => {
    const images = [1, 2, 3, 4].map((age) => image(`s${age}`, { createdAt: now - age * dayMs }));
    assert.deepEqual(outdatedImages(images, keep, now), ['s3', 's4']);
  });

  it('keeps none that is too old, however few there are', () => {
    const images = [image('young'), image('old', { createdAt: now - 31 * dayMs })];
    assert.deepEqual(outdatedImages(images, keep, now), ['old']);
  });

  it('keeps what others are built on, and takes what nothing was built on only for its age', () => {
    const dependencies = image('dependencies', { isService: false, createdAt: now - 90 * dayMs });
    const broken = image('broken', { isService: false, createdAt: now - 40 * dayMs });
    const begun = image('begun', { isService: false });
    const service = image('service', { parent: 'dependencies' });
    assert.deepEqual(outdatedImages([dependencies, broken, begun, service], { ...keep, count: 0 }, now), [
      'service',
      'broken',
    ]);
  });

  it('never takes one that is used, and counts it', () => {
    const images = [1, 2, 3].map((age) => image(`s${age}`, { createdAt: now - age * dayMs, isUsed: age !== 3 }));
    assert.deepEqual(outdatedImages(images, keep, now), ['s3']);
    const ancient = image('ancient', { isUsed: true, createdAt: 0 });
    assert.deepEqual(outdatedImages([ancient], { count: 0, ageMs: 0 }, now), []);
  });

  it('is bounded: after it no more unused services stay than were to be kept', () => {
    const images = fc.array(
      fc.record({ isUsed: fc.boolean(), isService: fc.boolean(), createdAt: fc.integer({ min: 0, max: now }) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(images, fc.nat({ max: 5 }), (list, count) => {
        const all = list.map((each, index) => image(`i${index}`, each));
        const gone = new Set(outdatedImages(all, { ...keep, count }, now));
        const left = all.filter(({ id }) => !gone.has(id));
        assert.ok(left.filter(({ isService, isUsed }) => isService && !isUsed).length <= count);
        assert.ok(all.filter(({ isUsed }) => isUsed).every(({ id }) => !gone.has(id)));
      }),
    );
  });
});
