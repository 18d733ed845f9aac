import { isAlias, isScalar } from 'yaml';
import type { Node } from 'yaml';
import { parseYamlFloat, plainKind } from './resolve.js';

/** Lines of a block text (`|` or `>`) moved to another indent; the header stays as it is. */
function moveBlock(source: string, indent: number): string {
  const [header = '', ...lines] = source.split('\n');
  const own = Math.min(...lines.filter(line => line.trim() !== '').map(line => line.length - line.trimStart().length));
  const moved = lines.map(line => (line.trim() === '' ? line.slice(own) : ' '.repeat(indent) + line.slice(own)));
  return [header, ...moved].join('\n');
}

/** Numbers keep how they were written; only a plus sign and the case of `.INF` are smoothed. */
function keptNumber(source: string): string | undefined {
  const kind = plainKind(source);
  if (kind === 'timestamp') return source;
  if (kind === 'int') return source.replace(/^\+/, '');
  if (kind !== 'float') return undefined;
  const size = parseYamlFloat(source);
  return Number.isFinite(size) ? source : source.toLowerCase();
}

/** Text by which an unchanged value is written again, or undefined when it is printed like a new one. */
export function keptScalar(text: string, node: Node, indent: number): string | undefined {
  if (isAlias(node)) return `*${node.source}`;
  if (!isScalar(node) || !node.range) return undefined;
  const source = text.slice(node.range[0], node.range[1]);
  const anchor = node.anchor === undefined ? '' : `&${node.anchor} `;
  if (node.tag !== undefined) return undefined;
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return anchor + moveBlock(source, indent);
  const kept = node.type === 'PLAIN' ? keptNumber(source) : undefined;
  return kept === undefined ? undefined : anchor + kept;
}
