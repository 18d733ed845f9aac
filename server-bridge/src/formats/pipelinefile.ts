import { anyList, anyMapping, anything, boolean, listOf, mapping, nothing, oneOf, string } from './schema.js';
import type { Check } from './schema.js';
import { parseStrict } from './strictyaml.js';
import { isList, isMapping, keyText } from './value.js';
import type { Value, ValueMap } from './value.js';
import { removeEntry, renameEntry, setEntry } from './yaml/splice.js';

/** `dvc.yaml` after validation and before templating (spec/dvc-pipelines.md §1.2). */
export interface PipelineFile {
  file: string;
  vars: Value[];
  stages: Map<string, ValueMap>;
  params: Value[];
  metrics: Value[];
  plots: Value[];
  artifacts: ValueMap;
  datasets: Value[];
}

const ANNOTATIONS: Record<string, Check> = { desc: string, type: string, labels: listOf(string), meta: anything };

const outFlags: Record<string, Check> = {
  ...ANNOTATIONS,
  cache: boolean,
  persist: boolean,
  checkpoint: boolean,
  remote: string,
  push: boolean
};

const plotFlags = mapping({
  keys: {
    ...outFlags,
    template: string,
    x: string,
    y: string,
    x_label: string,
    y_label: string,
    title: string,
    header: boolean
  }
});

const STAGE = mapping({
  keys: {
    matrix: mapping({ rest: oneOf(string, anyList) }),
    cmd: oneOf(string, anyList),
    wdir: string,
    deps: listOf(string),
    params: listOf(oneOf(string, anyMapping)),
    vars: listOf(string, anyMapping),
    frozen: boolean,
    meta: anything,
    desc: string,
    always_changed: boolean,
    outs: listOf(oneOf(string, mapping({ rest: mapping({ keys: outFlags }) }))),
    metrics: listOf(oneOf(string, mapping({ rest: mapping({ keys: outFlags }) }))),
    plots: listOf(oneOf(string, mapping({ rest: oneOf(plotFlags, listOf(plotFlags)) })))
  },
  required: ['cmd']
});

const FOREACH = mapping({
  keys: { foreach: oneOf(anyMapping, anyList, string), do: STAGE },
  required: ['foreach', 'do']
});

const stage: Check = (value, path) =>
  isMapping(value) && (value.has('foreach') || value.has('do')) ? FOREACH(value, path) : STAGE(value, path);

const texts = oneOf(string, listOf(string));
const plotDefinition = mapping({
  keys: {
    x: oneOf(string, mapping({ rest: string })),
    y: oneOf(string, listOf(string), mapping({ rest: texts })),
    x_label: string,
    y_label: string,
    title: string,
    template: string
  }
});

const SCHEMA = mapping({
  keys: {
    datasets: anything,
    plots: listOf(oneOf(string, mapping({ rest: oneOf(plotDefinition, nothing), atLeastOne: true }))),
    stages: mapping({ rest: stage }),
    vars: listOf(string, anyMapping),
    params: listOf(string),
    metrics: listOf(string),
    artifacts: mapping({ rest: mapping({ keys: { path: string, ...ANNOTATIONS }, required: ['path'] }) })
  }
});

const list = (value: Value | undefined): Value[] => (isList(value) ? value : []);

/**
 * Reads and validates `dvc.yaml`. Throws `E_PIPELINE_INVALID` (exit 255) with DVC's words and the line.
 * Templating comes after (pipeline/templating).
 */
export function parsePipelineFile(text: string, file: string): PipelineFile {
  const value = parseStrict(text, file, { code: 'E_PIPELINE_INVALID', check: SCHEMA, limit: 4 * 1024 * 1024 });
  const map: ValueMap = isMapping(value) ? value : new Map<string, Value>();
  const stages = map.get('stages');
  const artifacts = map.get('artifacts');
  const pipeline: PipelineFile = {
    file,
    vars: list(map.get('vars')),
    stages: new Map(),
    params: list(map.get('params')),
    metrics: list(map.get('metrics')),
    plots: list(map.get('plots')),
    artifacts: isMapping(artifacts) ? artifacts : new Map<string, Value>(),
    datasets: list(map.get('datasets'))
  };
  for (const [name, definition] of isMapping(stages) ? stages : []) {
    if (isMapping(definition)) pipeline.stages.set(keyText(name), definition);
  }
  return pipeline;
}

/** `dvc.yaml` with one stage set; every byte outside that stage stays (design.md §7 c). */
export function setStage(text: string, name: string, definition: ValueMap): string {
  return setEntry(text, 'stages', name, definition);
}

/** `dvc.yaml` without one stage. */
export function removeStage(text: string, name: string): string {
  return removeEntry(text, 'stages', name);
}

/** `dvc.yaml` with one stage renamed in its place. */
export function renameStage(text: string, from: string, to: string): string {
  return renameEntry(text, 'stages', from, to);
}
