import { posix } from 'node:path';
import { pyEqual } from '../../formats/params.js';
import type { PipelineFile } from '../../formats/pipelinefile.js';
import { isList, isMapping } from '../../formats/value.js';
import type { Value, ValueMap } from '../../formats/value.js';
import { cloneContext, loadItem, loadVars, newContext, withNames } from './context.js';
import type { Context, ReadParams, Tracked } from './context.js';
import { parsing, templateError } from './fail.js';
import { checkExpressions, hasExpression, resolveText, resolveValue } from './interpolate.js';
import type { ResolveOptions } from './interpolate.js';
import { MAX_GENERATED, foreachIterations, matrixIterations, tooMany } from './iterate.js';
import { pythonText, spliceText } from './text.js';
import type { ParsingConfig } from './text.js';

/** One stage after templating. */
export interface ResolvedStage {
  name: string;
  /** Name in `dvc.yaml` when `foreach` or `matrix` generated the stage, and the text after `@`; else null. */
  group: string | null;
  key: string | null;
  /** The definition as written: for a generated stage, its template. */
  raw: ValueMap;
  /** The definition that runs; `vars`, `foreach`, `do` and `matrix` are gone. */
  map: ValueMap;
  /** True when the two differ; DVC then refuses to write the stage. */
  parametrized: boolean;
  /** Values taken from files: file → dotted key → value. */
  tracked: Tracked;
}

export interface ResolveContext {
  /** Reads a parameter file named by a path relative to the folder that `PipelineFile.file` is relative to. */
  readParams: ReadParams;
  parsing?: ParsingConfig;
  warn?: (message: string) => void;
}

interface Resolver {
  file: string;
  folder: string;
  context: Context;
  read: ReadParams;
  config: ParsingConfig;
}

function rejectExpressions(value: Value, where: string, file: string, stage?: string): void {
  if (hasExpression(value)) {
    throw templateError(file, `failed to parse '${where}' in '${file}': interpolating is not allowed`, stage);
  }
}

function startResolver(pipeline: PipelineFile, options: ResolveContext): Resolver {
  const file = posix.normalize(pipeline.file);
  const folder = posix.dirname(file);
  const context = newContext(options.warn ?? (() => undefined));
  const read = options.readParams;
  rejectExpressions(pipeline.vars, 'vars', file);
  parsing("'vars'", file, undefined, () => {
    // The params.yaml beside the pipeline file is loaded whenever it exists, used or not.
    if (read(posix.join(folder, 'params.yaml')).kind !== 'missing') loadItem(context, read, 'params.yaml', folder);
    loadVars(context, read, pipeline.vars, folder);
  });
  return { file, folder, context, read, config: options.parsing ?? {} };
}

function checkSyntax(resolver: Resolver, name: string, definition: ValueMap): void {
  for (const [key, value] of definition) {
    parsing(`'stages.${name}.${pythonText(key)}'`, resolver.file, name, () => checkExpressions(value));
  }
}

function stageFolder(resolver: Resolver, context: Context, name: string, wdir: Value | undefined): string {
  if (typeof wdir !== 'string' || wdir === '') return resolver.folder;
  const options: ResolveOptions = { config: resolver.config, skipChecks: false };
  const text = parsing(`'stages.${name}.wdir'`, resolver.file, name, () =>
    spliceText(resolveText(context, wdir, options), resolver.config)
  );
  return posix.join(resolver.folder, text);
}

/** One entry of the stages resolved in a context that already holds `item` and `key` where they belong. */
function resolveEntry(
  resolver: Resolver,
  name: string,
  definition: ValueMap,
  skipChecks: boolean
): { map: ValueMap; tracked: Tracked } {
  const { file } = resolver;
  if (!skipChecks) checkSyntax(resolver, name, definition);
  const folder = stageFolder(resolver, resolver.context, name, definition.get('wdir'));
  const vars = definition.get('vars');
  const items = isList(vars) ? vars : [];
  rejectExpressions(items, `stages.${name}.vars`, file, name);
  const base = items.length > 0 ? cloneContext(resolver.context) : resolver.context;
  const tracked: Tracked = new Map();
  loadStageVars(resolver, base, name, items, folder);
  const context: Context = { ...base, tracked };
  const map: ValueMap = new Map();
  for (const [key, value] of definition) {
    if (key === 'vars') continue;
    const text = pythonText(key);
    const options: ResolveOptions = { key: text, config: resolver.config, skipChecks };
    map.set(
      key,
      parsing(`'stages.${name}.${text}'`, file, name, () => resolveValue(context, value, options))
    );
  }
  return { map, tracked };
}

function loadStageVars(resolver: Resolver, context: Context, name: string, vars: Value[], folder: string): void {
  const what = (kind: string) => (kind === 'loaded' ? `'stages.${name}.vars'` : `stage '${name}'`);
  try {
    loadVars(context, resolver.read, vars, folder, name);
  } catch (error) {
    const kind = error instanceof Error && 'kind' in error ? String(error.kind) : '';
    parsing(what(kind), resolver.file, name, () => {
      throw error;
    });
  }
}

function resolveGroup(resolver: Resolver, name: string, definition: ValueMap): ResolvedStage[] {
  const place = { group: name, file: resolver.file };
  const options: ResolveOptions = { config: resolver.config, skipChecks: false };
  const matrix = definition.get('matrix');
  const isMatrix = isMapping(matrix);
  const iterations = isMatrix
    ? matrixIterations(resolver.context, matrix, place, options)
    : foreachIterations(resolver.context, definition.get('foreach') ?? null, place, options);
  if (iterations.length > MAX_GENERATED) throw tooMany(resolver.file, name);
  const body = definition.get('do');
  const template: ValueMap = isMatrix
    ? new Map([...definition].filter(([key]) => key !== 'matrix'))
    : isMapping(body)
      ? body
      : new Map<string, Value>();
  if (iterations.length > 0) checkSyntax(resolver, name, template);
  return iterations.map(({ key, names }) => {
    const generated = `${name}@${key}`;
    const resolved = withNames(resolver.context, names, () => resolveEntry(resolver, generated, template, true));
    return { name: generated, group: name, key, raw: template, parametrized: true, ...resolved };
  });
}

/**
 * The stages of a pipeline file after templating, in file order (spec/dvc-pipelines.md §1.5, §1.6). Parameter files
 * come through `readParams`; nothing else is read. Throws `E_TEMPLATE_INVALID` (exit 255) in DVC's words.
 */
export function resolvePipeline(pipeline: PipelineFile, options: ResolveContext): ResolvedStage[] {
  const resolver = startResolver(pipeline, options);
  const stages: ResolvedStage[] = [];
  for (const [name, definition] of pipeline.stages) {
    if (definition.has('matrix') || definition.has('foreach')) stages.push(...resolveGroup(resolver, name, definition));
    else {
      // DVC reads `a@b` as member b of the group a and can never address such a stage.
      if (name.includes('@'))
        throw templateError(resolver.file, `Stage '${name}' not found inside '${resolver.file}' file`, name);
      const { map, tracked } = resolveEntry(resolver, name, definition, false);
      stages.push({
        name,
        group: null,
        key: null,
        raw: definition,
        map,
        parametrized: !pyEqual(definition, map),
        tracked
      });
    }
    if (stages.length > MAX_GENERATED) throw tooMany(resolver.file, name);
  }
  return stages;
}

/** The other sections of a pipeline file after templating. */
export interface ResolvedSections {
  params: Value[];
  metrics: Value[];
  plots: Value[];
  artifacts: ValueMap;
  datasets: Value[];
}

/** Resolves `params`, `metrics`, `plots`, `artifacts` and `datasets` of a pipeline file. Errors as {@link resolvePipeline}. */
export function resolveSections(pipeline: PipelineFile, options: ResolveContext): ResolvedSections {
  const resolver = startResolver(pipeline, options);
  const resolveOptions: ResolveOptions = { config: resolver.config, skipChecks: false };
  const one = (where: string, value: Value) =>
    parsing(`'${where}'`, resolver.file, undefined, () => resolveValue(resolver.context, value, resolveOptions));
  const list = (section: string, values: Value[]) => values.map((value, index) => one(`${section}.${index}`, value));
  const artifacts: ValueMap = new Map();
  for (const [name, value] of pipeline.artifacts) {
    const resolved = one(`artifacts.${pythonText(name)}`, name);
    if (typeof resolved !== 'string') {
      throw templateError(
        resolver.file,
        `failed to resolve 'artifacts.${pythonText(name)}' in '${resolver.file}': expected str`
      );
    }
    artifacts.set(resolved, one(`artifacts.${pythonText(name)}`, value));
  }
  return {
    params: list('params', pipeline.params),
    metrics: list('metrics', pipeline.metrics),
    plots: list('plots', pipeline.plots),
    artifacts,
    datasets: list('datasets', pipeline.datasets)
  };
}
