// A configuration of the 2017 platform as the manifest that says the same. Pure; reading and writing are the caller's.
import { z } from 'zod';
import type { Framework, ManifestInput } from '../../schemas/manifest.ts';
import { SlipwayError } from '../common/errors.ts';

const frameworks = ['tensorflow', 'keras', 'caffe', 'mxnet', 'xgboost'] as const;
type Framework2017 = (typeof frameworks)[number];

const Section = z.looseObject({ model_dir: z.string().optional() });
const Configuration = z.looseObject({
  http_server: z.looseObject({
    exec: z.looseObject({ main_file: z.string().min(1), main_class: z.string().optional() }),
    ...Object.fromEntries(frameworks.map((name) => [name, Section.optional()])),
  }),
});

/** What code of that time was written for. */
const compat: Partial<Record<Framework2017, ManifestInput['compat']>> = {
  tensorflow: { tensorflow: 1 },
  keras: { keras: 2 },
};

/**
 * @param text of the configuration
 * @param shown its name, for messages
 * @param requirements of a service on this framework that installs today
 * @throws manifest_invalid, naming the field
 */
export function importConfiguration(
  text: string,
  shown: string,
  name: string,
  requirements: (framework: Framework) => readonly string[],
): ManifestInput {
  const parsed = Configuration.safeParse(parseJson(text, shown));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(`${shown}: "${issue.path.join('.')}": ${issue.message}`);
  }
  const server = parsed.data.http_server as Record<string, unknown> & {
    exec: { main_file: string; main_class?: string };
  };
  const framework = frameworks.find((each) => server[each] !== undefined);
  if (framework === undefined) {
    throw invalid(`${shown}: "http_server" was expected to have one of ${frameworks.join(', ')}`);
  }
  const section = server[framework] as Record<string, unknown> & { model_dir?: string };
  const { main_file: main, main_class: className } = server.exec;
  const { model_dir: model, ...config } = section;
  const earlier = compat[framework];
  return {
    name,
    main: clean(main.endsWith('.py') ? main : `${main}.py`),
    ...(className === undefined ? {} : { class: className }),
    framework,
    ...(model === undefined || clean(model) === '.' ? {} : { model: clean(model) }),
    requirements: [...requirements(framework)],
    ...(earlier === undefined ? {} : { compat: earlier }),
    config,
  };
}

/** `./checkpoint_dir/` as `checkpoint_dir`. */
function clean(path: string): string {
  const plain = path
    .replace(/\\/g, '/')
    .replace(/\/+$/, '')
    .replace(/^(?:\.\/)+/, '');
  return plain === '' ? '.' : plain;
}

function parseJson(text: string, shown: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw invalid(`${shown} is not JSON: ${(error as Error).message}`);
  }
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('manifest_invalid', message, {
    hint: 'Expected {"http_server": {"exec": {"main_file": …, "main_class": …}, "<framework>": {"model_dir": …}}}.',
  });
}
