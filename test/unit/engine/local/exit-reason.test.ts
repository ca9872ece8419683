// Why a worker ended, in words.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { exitReason, type Ending } from '../../../../emulator/engine/local/exit-reason.ts';

const ending: Ending = { code: null, signal: null, phase: 'ready', systemOutOfMemory: false, tail: '' };

describe('exitReason', () => {
  it('prefers what the worker itself said', () => {
    const told = { code: 'load_failed', message: 'ValueError: no', traceback: 'Traceback …' } as const;
    const killed = { code: 'load_timeout', message: 'too slow' } as const;
    assert.equal(exitReason({ ...ending, code: 1, told, killed }), told);
  });

  it('names the code, and that it came too early', () => {
    const reason = exitReason({ ...ending, code: 0, phase: 'loading' });
    assert.equal(reason.code, 'replica_exited');
    assert.equal(reason.message, 'the worker exited with code 0 by itself, before it was ready');
  });

  it('names the signal and what it means', () => {
    const reason = exitReason({ ...ending, signal: 'SIGSEGV' });
    assert.equal(reason.code, 'replica_killed');
    assert.match(reason.message, /ended by SIGSEGV \(segmentation fault.*\) while it was ready/);
  });

  it('blames memory when the kernel ended something for want of it meanwhile', () => {
    assert.equal(exitReason({ ...ending, signal: 'SIGKILL', systemOutOfMemory: true }).code, 'replica_oom');
    assert.equal(exitReason({ ...ending, signal: 'SIGSEGV', systemOutOfMemory: true }).code, 'replica_killed');
  });

  it('ends with the last lines of stderr', () => {
    const reason = exitReason({ ...ending, code: 3, tail: 'Fatal: no\nbye' });
    assert.match(reason.message, /code 3 by itself; last lines of stderr:\nFatal: no\nbye$/);
  });
});
