import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { checkConfig, configText, configTruth, mergeConfigs, parseConfig, type ConfigTree } from '../formats/config.js';
import { readTextIfSync } from '../io/files.js';

/** Levels from the weakest to the strongest (spec/dvc-data.md §5.2). */
export const CONFIG_LEVELS = ['system', 'global', 'repo', 'local'] as const;
export type ConfigLevelName = (typeof CONFIG_LEVELS)[number];

/** The merged and checked configuration of a project. */
export interface ProjectConfig {
  readonly tree: ConfigTree;
  flag(section: string, option: string, fallback?: boolean): boolean;
  text(section: string, option: string): string | undefined;
}

/** The file of each level; without a project only those of the system and the user. */
export function configFiles(dvcDir: string | null): Map<ConfigLevelName, string> {
  const files = new Map<ConfigLevelName, string>([
    ['system', join(systemFolder(), 'config')],
    ['global', join(globalFolder(), 'config')]
  ]);
  if (dvcDir !== null) {
    files.set('repo', join(dvcDir, 'config'));
    files.set('local', join(dvcDir, 'config.local'));
  }
  return files;
}

/** One level as its file says it; empty when there is no file. @throws CellarError `E_CONFIG_INVALID` (251) */
export function readLevel(file: string): ConfigTree {
  const text = readTextIfSync(file);
  return text === null ? (new Map() as ConfigTree) : parseConfig(text, file);
}

/** Merges the levels below `below` (all of them without it). Not checked against the schema. */
export function mergedLevels(dvcDir: string | null, below?: ConfigLevelName): ConfigTree {
  const names = CONFIG_LEVELS.slice(0, below === undefined ? undefined : CONFIG_LEVELS.indexOf(below));
  const files = configFiles(dvcDir);
  return mergeConfigs(
    names.flatMap(name => {
      const file = files.get(name);
      return file === undefined ? [] : [{ tree: readLevel(file), folder: dirname(file) }];
    })
  );
}

/** @throws CellarError `E_CONFIG_INVALID` (251) */
export function readProjectConfig(dvcDir: string): ProjectConfig {
  const tree = mergedLevels(dvcDir);
  checkConfig(tree);
  return {
    tree,
    flag: (section, option, fallback = false) => configTruth(tree, section, option, fallback),
    text: (section, option) => configText(tree, section, option)
  };
}

/** Root of the cache: `cache.dir`, else `.dvc/cache` (spec/dvc-data.md §4.1). */
export function cacheFolder(config: ProjectConfig, dvcDir: string): string {
  const configured = config.text('cache', 'dir');
  return configured === undefined ? join(dvcDir, 'cache') : expandHome(configured);
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function systemFolder(): string {
  const { DVC_SYSTEM_CONFIG_DIR, XDG_CONFIG_DIRS, PROGRAMDATA } = process.env;
  if (DVC_SYSTEM_CONFIG_DIR) {
    return DVC_SYSTEM_CONFIG_DIR;
  }
  if (process.platform === 'darwin') {
    return '/Library/Application Support/dvc';
  }
  if (process.platform === 'win32') {
    return join(PROGRAMDATA ?? 'C:\\ProgramData', 'iterative', 'dvc');
  }
  return join(XDG_CONFIG_DIRS?.split(delimiter)[0] || '/etc/xdg', 'dvc');
}

function globalFolder(): string {
  const { DVC_GLOBAL_CONFIG_DIR, XDG_CONFIG_HOME, LOCALAPPDATA } = process.env;
  if (DVC_GLOBAL_CONFIG_DIR) {
    return DVC_GLOBAL_CONFIG_DIR;
  }
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', 'dvc');
  }
  if (process.platform === 'win32') {
    return join(LOCALAPPDATA ?? homedir(), 'iterative', 'dvc');
  }
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'dvc');
}
