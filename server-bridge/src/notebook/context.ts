/** What an analysis knows beside the notebook's text, and what it answers. */
import type { ValueMap } from '../formats/value.js';
import type { Found, Problem } from '../protocol/analysis.js';
import type { ScriptHeader } from '../protocol/script.js';
import type { OutKind, Role } from '../protocol/tag.js';
import type { ReadFile } from './modules.js';
import type { StagePaths } from './names.js';
import type { Param, ParamDrift } from './params.js';
import type { LineOrigin } from './script.js';

/** Facts of a recorded output that the compiler obeys (N38). */
export interface RecordedFacts {
  /** Script text, without line 1, that it was made with. */
  script: string;
  mutated: readonly string[];
  shared: readonly (readonly [string, string])[];
}

export interface AnalysisContext {
  /** The notebook's path in the project, POSIX. */
  notebook: string;
  /** Absolute root of the project, null when there is none yet. */
  root: string | null;
  /** Text of a project file by its path in the project. */
  read: ReadFile;
  /** What stands at a path of the project, or would after a checkout; without it `read` tells. */
  exists?: (path: string) => 'file' | 'folder' | null;
  /** Names in a folder of the project; none where there is no folder. */
  list?: (path: string) => string[];
  /** The kernel's language, null when unknown. */
  language?: string | null;
  /** Does the kernel's own `ast` accept the source? Undefined: nobody asked. */
  accepts?: (source: string) => boolean | undefined;
  /** Text of a stage's script on disk, null when there is none (N9a). */
  previous?: (stage: string) => string | null;
  /** Stages of the folder's `dvc.yaml` that are not this notebook's: name → their notebook, null for hand-written ones. */
  taken?: ReadonlyMap<string, string | null>;
  recorded?: (stage: string) => RecordedFacts | null;
  /** `params.yaml` and what was last mirrored (N32). */
  params?: { file: ValueMap; mirrored: ValueMap };
  /** Keys of other notebooks of the folder: key → notebook. */
  otherParams?: ReadonlyMap<string, { notebook: string; value: unknown }>;
}

export interface OutFile {
  path: string;
  kind: OutKind;
}

export interface StageResult {
  name: string;
  cells: number[];
  blockCells: number[];
  paths: StagePaths;
  /** The whole script; what is on disk must be this. */
  script: string;
  header: ScriptHeader;
  /** Deps as `dvc.yaml` lists them, sorted. */
  deps: string[];
  /** Keys of `params.yaml`. */
  params: string[];
  outs: OutFile[];
  /** It has an error of its own. */
  blocked: boolean;
  /** Stages above whose blocking blocks it. */
  blockedBy: string[];
  inputs: Found[];
  outputs: Found[];
  /** Stages of this notebook that it needs, sorted. */
  needs: string[];
  /** Names that its cells bind or may change. */
  makes: string[];
  /** Names that its slice holds, in notebook order, with their cells (N50). */
  slice: { name: string; cell: number; text: string }[];
  lines: LineOrigin[];
}

export interface CellResult {
  role: Role | 'automatic' | 'scratch' | 'none';
  stage: string | null;
  /** Names of automatic setup in an untagged cell (N3). */
  automatic: string[];
}

export interface Analysis {
  notebook: string;
  stages: StageResult[];
  cells: CellResult[];
  params: Param[];
  drifts: ParamDrift[];
  problems: Problem[];
}
