import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import {
  checkConfig,
  editConfig,
  mergeConfigs,
  type ConfigSection,
  type ConfigTree,
  type ConfigValue
} from '../formats/config.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import {
  CONFIG_LEVELS,
  configFiles,
  mergedLevels,
  readLevel,
  type ConfigLevelName
} from '../workspace/configlevels.js';
import { DVC_DIR, findRootIf } from '../workspace/locate.js';

export interface ConfigRequest {
  name?: string;
  value?: string;
  level?: ConfigLevelName;
  unset: boolean;
  list: boolean;
  showOrigin: boolean;
}

export interface ConfigAnswer {
  lines: string[];
  warnings: string[];
}

interface Place {
  root: string | null;
  files: Map<ConfigLevelName, string>;
}

interface OptionName {
  section: string;
  option: string;
  /** For messages: `remote`, `db` or `section`, and the name behind it. */
  kind: string;
  name: string;
}

/** `cellar config`, as `dvc config` (spec/dvc-data.md §5, §6). */
export async function configCommand(cwd: string, request: ConfigRequest): Promise<ConfigAnswer> {
  const root = findRootIf(cwd);
  const place: Place = { root, files: configFiles(root === null ? null : resolve(root, DVC_DIR)) };
  if (request.showOrigin && (request.value !== undefined || request.unset)) {
    throw refused("--show-origin can't be used together with any of these options: -u/--unset, value");
  }
  if (request.list) {
    if (request.name !== undefined || request.unset) {
      throw refused("-l/--list can't be used together with any of these options: -u/--unset, name, value");
    }
    return { lines: listLines(place, request), warnings: [] };
  }
  if (request.name === undefined) {
    throw refused('name argument is required');
  }
  const name = parseName(request.name);
  if (request.value === undefined && !request.unset) {
    return { lines: valueLines(place, name, request), warnings: [] };
  }
  setValue(place, cwd, name, request);
  return { lines: [], warnings: typeWarning(name) };
}

function refused(message: string): CellarError {
  return new CellarError('E_USAGE', message, { exit: 1, next: 'See `cellar config --help`.' });
}

function configError(message: string): CellarError {
  return new CellarError('E_CONFIG', `config file error: ${message}`, {
    exit: 251,
    next: 'List what is set with `cellar config --list --show-origin`.'
  });
}

/** @throws CellarError `E_USAGE` (254) */
function parseName(text: string): OptionName {
  const match = /^(?:(remote|db)\.)?([^.]*)\.([^.]*)$/.exec(text);
  if (match === null) {
    throw new CellarError(
      'E_USAGE',
      'argument name: name argument should look like remote.name.option or db.name.option or section.option',
      { exit: 254, next: 'Write it so, for example core.autostage.' }
    );
  }
  const [, kind, rawName = '', rawOption = ''] = match;
  const name = rawName.toLowerCase();
  const section = kind === undefined ? name : `${kind} "${name}"`;
  return { section, option: rawOption.toLowerCase(), kind: kind ?? 'section', name };
}

function levelsOf(place: Place, level: ConfigLevelName | undefined): ConfigLevelName[] {
  if (level === undefined) {
    return CONFIG_LEVELS.filter(each => place.files.has(each));
  }
  fileOf(place, level);
  return [level];
}

function fileOf(place: Place, level: ConfigLevelName): string {
  const file = place.files.get(level);
  if (file === undefined) {
    throw configError('Not inside a DVC repo');
  }
  return file;
}

/** One level with its relative paths made absolute, as it is shown. */
function shownLevel(place: Place, level: ConfigLevelName): ConfigTree {
  const file = fileOf(place, level);
  return mergeConfigs([{ tree: readLevel(file), folder: dirname(file) }]);
}

function origin(place: Place, level: ConfigLevelName, wanted: boolean): string {
  if (!wanted) {
    return '';
  }
  const file = fileOf(place, level);
  const own = level === 'repo' || level === 'local';
  return `${own && place.root !== null ? relative(place.root, file) : file}\t`;
}

function listLines(place: Place, request: ConfigRequest): string[] {
  return levelsOf(place, request.level).flatMap(level => {
    const prefix = origin(place, level, request.showOrigin);
    const sections = [...shownLevel(place, level)];
    const ordered = ['remote', 'machine', 'db', ''].flatMap(kind =>
      sections.filter(([name]) => namedKind(name) === kind)
    );
    return ordered.flatMap(([section, options]) => sectionLines(prefix, section, options));
  });
}

function namedKind(section: string): string {
  return /^(remote|machine|db) "/.exec(section)?.[1] ?? '';
}

function sectionLines(prefix: string, section: string, options: ConfigSection): string[] {
  const name = section.replace(/^(\w+) "(.*)"$/s, '$1.$2');
  return [...options].map(([option, value]) => `${prefix}${name}.${option}=${valueText(value)}`);
}

function valueText(value: ConfigValue): string {
  return typeof value === 'string' ? value : `[${value.map(item => `'${item}'`).join(', ')}]`;
}

/** The value of the strongest level that has it; nothing when no level was named and none has it. */
function valueLines(place: Place, name: OptionName, request: ConfigRequest): string[] {
  for (const level of levelsOf(place, request.level).reverse()) {
    const options = shownLevel(place, level).get(name.section);
    const value = options?.get(name.option);
    if (value !== undefined) {
      return [origin(place, level, request.showOrigin) + valueText(value)];
    }
    if (request.level !== undefined) {
      throw unknownOption(name, options);
    }
  }
  return [];
}

function unknownOption(name: OptionName, options: ConfigSection | undefined): CellarError {
  // DVC fills in its own plain sections, so that only the option is missing there.
  return name.kind !== 'section' && options === undefined
    ? configError(`${name.kind} '${name.name}' doesn't exist`)
    : configError(`option '${name.option}' doesn't exist in ${name.kind} '${name.name}'`);
}

function setValue(place: Place, cwd: string, name: OptionName, request: ConfigRequest): void {
  const level = request.level ?? 'repo';
  const file = fileOf(place, level);
  const before = readTextIfSync(file);
  const tree = readLevel(file);
  const options = tree.get(name.section) ?? new Map<string, ConfigValue>();
  if (request.unset && !options.has(name.option)) {
    throw unknownOption(name, tree.get(name.section));
  }
  const value = request.unset ? null : storedValue(name, request.value ?? '', cwd, dirname(file));
  if (value === null) {
    options.delete(name.option);
  } else {
    options.set(name.option, value);
  }
  tree.set(name.section, options);
  const lower = mergedLevels(place.root === null ? null : resolve(place.root, DVC_DIR), level);
  checkConfig(
    mergeConfigs([
      { tree: lower, folder: dirname(file) },
      { tree, folder: dirname(file) }
    ])
  );
  const text = editConfig(before ?? '', file, [{ section: name.section, option: name.option, value }]);
  publishFile(file, text, { expect: before });
}

/** A relative path is given relative to where the user stands, and kept relative to the file's folder (§5.3). */
function storedValue(name: OptionName, value: string, cwd: string, folder: string): string {
  if (!isPathOption(name) || /^\w+:\/\//.test(value) || isAbsolute(value) || value.startsWith('~')) {
    return value;
  }
  return relative(folder, resolve(cwd, value)).split(sep).join('/');
}

function isPathOption({ section, option }: OptionName): boolean {
  const probe: ConfigTree = new Map([[section, new Map([[option, 'x']])]]);
  return (
    mergeConfigs([{ tree: probe, folder: '/p' }])
      .get(section)
      ?.get(option) === '/p/x'
  );
}

function typeWarning(name: OptionName): string[] {
  return name.section === 'cache' && name.option === 'type'
    ? [
        "You have changed the 'cache.type' option. This doesn't update any existing workspace file links, " +
          'but it can be done with:\n             cellar checkout --relink'
      ]
    : [];
}
