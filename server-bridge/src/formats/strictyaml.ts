import { isMap, isScalar, isSeq } from 'yaml';
import type { Node } from 'yaml';
import { CellarError } from '../protocol/errors.js';
import type { Check, SchemaProblem } from './schema.js';
import type { Value } from './value.js';
import { hasConflictMarkers, lineAndColumn } from './yaml/problem.js';
import { parseSyntax } from './yaml/read.js';
import { parseYaml } from './yaml.js';

export interface StrictOptions {
  /** Error code of a file that breaks the schema, and of one that is not YAML. */
  code: string;
  check: Check;
  /** Largest text accepted, in characters (guide/reliability.md §2). */
  limit: number;
}

/** Where a complaint is shown: the start of the nearest list or mapping on its way, as DVC does. */
function locate(
  root: Node | null,
  path: (string | number)[],
  text: string
): { line: number; column: number } | undefined {
  const chain: (Node | null)[] = [root];
  for (const part of path) {
    const parent = chain[chain.length - 1];
    const child: unknown =
      isMap(parent) || isSeq(parent)
        ? isMap(parent)
          ? parent.items.find(pair => isScalar(pair.key) && String(pair.key.value) === String(part))?.value
          : parent.items[Number(part)]
        : null;
    chain.push((child as Node | null | undefined) ?? null);
  }
  // DVC looks at most four steps up and never at the root itself.
  for (let steps = 1, index = chain.length - 1; steps < 5 && index > 0; steps++, index--) {
    const node = chain[index];
    if ((isMap(node) || isSeq(node)) && node.range) return lineAndColumn(text, node.range[0]);
  }
  return undefined;
}

function describe(problem: SchemaProblem, root: Node | null, text: string) {
  const place = locate(root, problem.path, text);
  const way = problem.path.length > 0 ? `, in ${problem.path.join(' -> ')}` : '';
  const where = place ? `, line ${place.line}, column ${place.column}` : '';
  return { words: `${problem.message}${way}${where}`, ...place, path: problem.path };
}

/**
 * Reads a YAML file and holds it against a schema, with DVC's words
 * (`extra keys not allowed, in stages -> a -> bogus, line 3, column 5`; spec/dvc-pipelines.md §1.4). Exit code 255.
 */
export function parseStrict(text: string, file: string, options: StrictOptions): Value {
  if (text.length > options.limit) {
    throw new CellarError(options.code, `'${file}' is larger than ${options.limit} bytes`, { at: { path: file } });
  }
  let value: Value;
  try {
    value = parseYaml(text, file);
  } catch (error) {
    if (!(error instanceof CellarError)) throw error;
    const { next, at, data } = error;
    throw new CellarError(options.code, error.message, {
      next,
      at,
      cause: error,
      data: { ...data, conflict: hasConflictMarkers(text) }
    });
  }
  const problems = options.check(value, []);
  if (problems.length === 0) return value;
  const root = parseSyntax(text, file).contents;
  const described = problems.map(problem => describe(problem, root, text));
  const count = problems.length > 1 ? `: ${problems.length} errors` : '';
  const [first] = described;
  throw new CellarError(
    options.code,
    `'${file}' validation failed${count}. ${described.map(({ words }) => words).join('; ')}`,
    {
      next: first?.line === undefined ? `Correct ${file}.` : `Correct line ${first.line} of ${file}.`,
      at: first?.line === undefined ? { path: file } : { path: file, line: first.line },
      data: { problems: described }
    }
  );
}
