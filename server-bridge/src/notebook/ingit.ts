/** N11: what git leaves out is missing from every clone. */
import type { Problem } from '../protocol/analysis.js';

/** `path` is relative to the project. */
export function ignoredProblem(path: string, notebook: string | null): Problem {
  return {
    code: 'W_IGNORED_BY_GIT',
    severity: 'warning',
    message: `git ignores \`${path}\`, so a clone would lack it.`,
    next: `Take the rule out of \`.gitignore\` (\`git check-ignore -v ${path}\` shows it).`,
    notebook,
    cell: null,
    path,
    fixes: []
  };
}
