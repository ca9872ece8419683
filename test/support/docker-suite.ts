// The one private Engine that all files of the container suite share: started by the first, ended after the last.
import { after, before } from 'mocha';
import { baseImage, pythonBase } from './docker-base.ts';
import { DockerEngine, dockerMissing } from './docker-engine.ts';
import { skip } from './skip.ts';

let shared: Promise<DockerEngine> | undefined;

after(async function () {
  this.timeout(60_000);
  await (await shared?.catch(() => undefined))?.close();
});

/** From a `before` hook on, the Engine; where there can be none, the group is skipped with the reason. */
export function useDockerEngine(): () => DockerEngine {
  let engine: DockerEngine | undefined;
  before(async function () {
    this.timeout(300_000);
    const missing = dockerMissing();
    if (missing !== undefined) skip(this, missing);
    shared ??= startShared();
    engine = await shared;
  });
  return () => engine!;
}

async function startShared(): Promise<DockerEngine> {
  const engine = await DockerEngine.start();
  await baseImage(engine.docker, pythonBase);
  return engine;
}
