import { posix } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { SECTION_ORDER, checkConfig, linkTypes } from './config/schema.js';
import { configProblem, printOptionLine, printSectionLine, readConfigItems, sectionName } from './config/text.js';
import type { ConfigItem, ConfigSection, ConfigValue } from './config/text.js';

export { checkConfig, linkTypes };
export type { ConfigSection, ConfigValue };

/** A config file as data: section → option → value, names in lower case. A remote's section is `remote "name"`. */
export type ConfigTree = Map<string, ConfigSection>;

/** One change: a value set, an option removed (`null`), or with `option` null a whole section removed. */
export interface ConfigChange {
  section: string;
  option: string | null;
  value: ConfigValue | null;
}

const LIMIT = 256 * 1024;

/** Options that name a file or folder; relative ones are relative to the config file's folder (spec/dvc-data.md §5.3). */
const PATH_OPTIONS = new Map([
  ['cache', ['dir']],
  [
    'remote',
    [
      'url',
      'gdrive_user_credentials_file',
      'gdrive_service_account_json_file_path',
      'credentialpath',
      'configpath',
      'keyfile',
      'cert_path',
      'key_path'
    ]
  ],
  ['machine', ['startup_script', 'setup_script']]
]);

/** Fills in `%(name)s` from the same section, then from `[default]`, as ConfigObj does on reading. */
function interpolate(value: string, section: ConfigSection, tree: ConfigTree, file: string, depth = 0): string {
  return value.replace(/%\(([^)]*)\)s/g, (_, name: string) => {
    const found =
      section.get(name.toLowerCase()) ??
      tree.get('default')?.get(name.toLowerCase()) ??
      tree.get('')?.get(name.toLowerCase());
    if (typeof found !== 'string' || depth > 10)
      throw configProblem(file, 1, `missing option "${name}" in interpolation`);
    return interpolate(found, section, tree, file, depth + 1);
  });
}

function toTree(items: ConfigItem[], file: string): ConfigTree {
  const raw: ConfigTree = new Map();
  for (const { section, option, value } of items) {
    const options = raw.get(section) ?? new Map<string, ConfigValue>();
    raw.set(section, options);
    if (option !== undefined && value !== undefined) options.set(option, value);
  }
  const tree: ConfigTree = new Map();
  for (const [section, options] of raw) {
    const filled = [...options].map(([option, value]): [string, ConfigValue] => [
      option,
      typeof value === 'string'
        ? interpolate(value, options, raw, file)
        : value.map(item => interpolate(item, options, raw, file))
    ]);
    tree.set(section, new Map(filled));
  }
  return tree;
}

/** Reads a config file (spec/dvc-data.md §5.1). Throws `E_CONFIG_INVALID`, exit 251. The schema is checked on the merge only. */
export function parseConfig(text: string, file: string): ConfigTree {
  if (text.length > LIMIT) throw configProblem(file, 1, `the file is larger than ${LIMIT} bytes`);
  return toTree(readConfigItems(text, file), file);
}

/** True for a value that path options keep as it is: a URL, an absolute path, or one below the home folder. */
function isFixedPath(value: string): boolean {
  return /^\w+:\/\//.test(value) || posix.isAbsolute(value) || value.startsWith('~') || /^[a-zA-Z]:[\\/]/.test(value);
}

function resolvePaths(tree: ConfigTree, folder: string): ConfigTree {
  const resolved: ConfigTree = new Map();
  for (const [section, options] of tree) {
    const names = PATH_OPTIONS.get(section.split(' ', 1)[0] ?? '') ?? [];
    const entries = [...options].map(([option, value]): [string, ConfigValue] => {
      const relative = names.includes(option) && typeof value === 'string' && !isFixedPath(value);
      return [option, relative ? posix.join(folder, value) : value];
    });
    resolved.set(section, new Map(entries));
  }
  return resolved;
}

/** One level: what its file says, and the absolute folder the file is in. */
export interface ConfigLevel {
  tree: ConfigTree;
  folder: string;
}

/** Merges levels, later ones win option by option; relative path options become absolute. */
export function mergeConfigs(levels: ConfigLevel[]): ConfigTree {
  const merged: ConfigTree = new Map();
  for (const { tree, folder } of levels) {
    for (const [section, options] of resolvePaths(tree, folder)) {
      const into = merged.get(section) ?? new Map<string, ConfigValue>();
      for (const [option, value] of options) into.set(option, value);
      merged.set(section, into);
    }
  }
  return merged;
}

/** Names and options of the remotes of a config. */
export function configRemotes(tree: ConfigTree): Map<string, ConfigSection> {
  const remotes = new Map<string, ConfigSection>();
  for (const [section, options] of tree) {
    const named = /^remote "(.*)"$/s.exec(section);
    if (named) remotes.set(named[1] ?? '', options);
  }
  return remotes;
}

/** Text of one option, or undefined. A list is joined with commas. */
export function configText(tree: ConfigTree, section: string, option: string): string | undefined {
  const value = tree.get(section)?.get(option);
  return value === undefined || typeof value === 'string' ? value : value.join(',');
}

/** A true/false option; `fallback` when it is not set. */
export function configTruth(tree: ConfigTree, section: string, option: string, fallback: boolean): boolean {
  const value = configText(tree, section, option);
  return value === undefined ? fallback : value.toLowerCase() === 'true';
}

function rank(section: string): number {
  const named = ['remote', 'machine', 'db'].indexOf(section.split(' ', 1)[0] ?? '');
  return section.includes(' "') ? named + 1 : 0;
}

/** A config as DVC writes it: plain sections first, then remotes; empty sections left out (spec/dvc-data.md §5.1). */
export function printConfig(tree: ConfigTree): string {
  const sections = [...tree].filter(([, options]) => options.size > 0).sort(([a], [b]) => rank(a) - rank(b));
  const lines = sections.flatMap(([section, options]) => [
    printSectionLine(section),
    ...[...options].map(([option, value]) => printOptionLine(option, value))
  ]);
  return lines.length === 0 ? '\n' : `${lines.join('\n')}\n`;
}

function applyToTree(tree: ConfigTree, change: ConfigChange): void {
  const section = sectionName(change.section);
  if (change.option === null) {
    tree.delete(section);
    return;
  }
  const options = tree.get(section) ?? new Map<string, ConfigValue>();
  tree.set(section, options);
  if (change.value === null) options.delete(change.option.toLowerCase());
  else options.set(change.option.toLowerCase(), change.value);
}

function rawTree(items: ConfigItem[]): ConfigTree {
  const tree: ConfigTree = new Map();
  for (const { section, option, value } of items) {
    const options = tree.get(section) ?? new Map<string, ConfigValue>();
    tree.set(section, options);
    if (option !== undefined && value !== undefined) options.set(option, value);
  }
  return tree;
}

/** New plain sections are written in the order of the schema, after those that the file has. */
function withOrderedSections(tree: ConfigTree, before: ReadonlySet<string>): ConfigTree {
  const position = (section: string) => (before.has(section) ? -1 : SECTION_ORDER.indexOf(section));
  return new Map([...tree].sort(([a], [b]) => position(a) - position(b)));
}

function editLines(text: string, items: ConfigItem[], change: ConfigChange): string {
  const lines = text.split('\n');
  const section = sectionName(change.section);
  const own = items.filter(item => item.section === section);
  const head = own[0];
  const last = own[own.length - 1];
  const option = change.option?.toLowerCase();
  const existing = own.find(item => item.option === option && option !== undefined);
  if (change.option === null) {
    if (head && last) lines.splice(head.start, last.end - head.start);
  } else if (change.value === null) {
    if (existing) lines.splice(existing.start, existing.end - existing.start);
  } else {
    const line = printOptionLine(change.option.toLowerCase(), change.value);
    if (existing) lines.splice(existing.start, existing.end - existing.start, line);
    else if (last) lines.splice(last.end, 0, line);
    else
      lines.splice(
        lines[lines.length - 1] === '' ? lines.length - 1 : lines.length,
        0,
        printSectionLine(section),
        line
      );
  }
  return lines.join('\n');
}

/**
 * A config file with changes made. A file without comments is printed anew as DVC prints it; one with comments is
 * edited line by line, so that they stay (DVC drops them). Values are as the file shall hold them, paths included.
 */
export function editConfig(text: string, file: string, changes: ConfigChange[]): string {
  const items = readConfigItems(text, file);
  if (!/^\s*#|#/m.test(text)) {
    const tree = rawTree(items);
    const before = new Set(tree.keys());
    for (const change of changes) applyToTree(tree, change);
    return printConfig(withOrderedSections(tree, before));
  }
  let edited = text.endsWith('\n') || text === '' ? text : `${text}\n`;
  for (const change of changes) edited = editLines(edited, readConfigItems(edited, file), change);
  return edited;
}

/** `core.remote` and the like → section and option; `remote.name.url` → `remote "name"` and `url`. Throws exit 251. */
export function splitOptionName(name: string): { section: string; option: string } {
  const match = /^([^.]+)(?:\.(.+))?\.([^.]+)$/.exec(name.toLowerCase());
  if (!match) {
    throw new CellarError('E_CONFIG_INVALID', `'${name}' is not a name of an option`, {
      exit: 251,
      next: 'Write section.option, such as core.remote.'
    });
  }
  const [, section = '', middle, option = ''] = match;
  return { section: middle === undefined ? section : `${section} "${middle}"`, option };
}
