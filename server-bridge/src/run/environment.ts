import { basename, delimiter, join } from 'node:path';

export interface StageEnvironment {
  /** Environment to start from. */
  base: NodeJS.ProcessEnv;
  /** Absolute root of the project. */
  root: string;
  /** Address of the stage as seen from the caller's directory. */
  address: string;
  /** Folder that goes first on PATH (`python-shim.ts`). */
  first?: string;
  /** More variables, for the runner. */
  extra?: Readonly<Record<string, string>>;
}

/** Variables of the bridge itself that user code must not see (S4). */
const OURS = /^CELLAR_/;

/** Environment of a stage's commands (spec/dvc-pipelines.md §5.5): the caller's, `DVC_ROOT` if not set, and `DVC_STAGE`. */
export function stageEnvironment(options: StageEnvironment): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(options.base)) {
    if (!OURS.test(name)) {
      env[name] = value;
    }
  }
  env.PATH = withoutPyenv(env);
  if (options.first !== undefined) {
    env.PATH = `${options.first}${delimiter}${env.PATH}`;
  }
  env.DVC_ROOT ??= options.root;
  env.DVC_STAGE = options.address;
  return { ...env, ...options.extra };
}

/**
 * PATH without the entries that `pyenv exec` put in front when this process itself was started through a shim:
 * the version's `bin`, pyenv's `libexec`, and its plugins.
 */
function withoutPyenv(env: NodeJS.ProcessEnv): string {
  const path = env.PATH ?? '';
  let parts = path.split(delimiter);
  // The last of these is the root itself, which the plugins lie under.
  const through = env.PYENV_DIR && env.PYENV_HOOK_PATH && env.PYENV_VERSION && env.PYENV_ROOT;
  if (process.platform === 'win32' || !through || parts.length <= 2 || basename(parts[1] ?? '') !== 'libexec') {
    return path;
  }
  const plugins = join(through, 'plugins');
  parts = parts.slice(2);
  while (parts[0]?.startsWith(plugins)) {
    parts.shift();
  }
  return parts.join(delimiter);
}
