// What the page may ask of the platform, and how it went.
import { l10n } from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import type { HostMessage, PageMessage, Place } from '../../schemas/dashboard.ts';
import type { Platforms } from '../platforms/platforms.ts';
import { EditorError, problemText } from '../told.ts';

export type Asked = Extract<PageMessage, { id: number }>;
type Outcome = Extract<HostMessage, { kind: 'outcome' }>;

const rerunMs = 90_000;

export async function answerPage(platforms: Platforms, place: Place | null, asked: Asked): Promise<Outcome> {
  const { id } = asked;
  try {
    return { kind: 'outcome', id, ...(await act(platforms, place, asked)) };
  } catch (error) {
    return { kind: 'outcome', id, problem: problemText(error) };
  }
}

async function act(platforms: Platforms, place: Place | null, asked: Asked): Promise<Pick<Outcome, 'rerun'>> {
  const platform = platforms.all.find(({ name }) => name === place?.platform);
  const client: SlipwayClient | undefined = platform?.connected?.client;
  if (place === null || client === undefined) {
    throw new EditorError('platform_unreachable', l10n.t('{0} is not connected.', place?.platform ?? '–'), {
      hint: l10n.t('Connect it from the Tasks view.'),
    });
  }
  switch (asked.kind) {
    case 'split': {
      const { task } = place;
      // What keeps callers with a version, and what is copied, stays as it is.
      const { split } = await client.call('getTask', { params: { task } });
      const { sticky, mirror } = split ?? {};
      const body = {
        weights: asked.weights,
        ...(sticky === undefined ? {} : { sticky }),
        ...(mirror === undefined ? {} : { mirror }),
      };
      await client.call('split', { params: { task }, body });
      return {};
    }
    case 'rerun': {
      const { batch } = asked;
      return {
        rerun: await client.call('rerunBatch', { params: { batch }, body: {} }, { timeoutMs: rerunMs }),
      };
    }
  }
}
