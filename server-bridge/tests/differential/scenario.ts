/** One step of a scenario. Paths are relative to the scenario's folder; `in` is the folder a program starts in. */
export type Step =
  | { do: 'write'; path: string; text: string; mode?: number }
  | { do: 'bytes'; path: string; base64: string }
  | { do: 'mkdir'; path: string }
  | { do: 'remove'; path: string }
  | { do: 'rename'; path: string; to: string }
  | { do: 'chmod'; path: string; mode: number }
  | { do: 'symlink'; path: string; target: string }
  | { do: 'git'; args: string[] }
  | { do: 'tool'; args: string[]; in?: string; stdout: boolean };

/** The same story for `dvc` and for `cellar`. */
export interface Scenario {
  name: string;
  /** The command that it is about. */
  about: string;
  steps: Step[];
}

export const write = (path: string, text: string, mode?: number): Step => ({ do: 'write', path, text, mode });
export const bytes = (path: string, base64: string): Step => ({ do: 'bytes', path, base64 });
export const mkdir = (path: string): Step => ({ do: 'mkdir', path });
export const remove = (path: string): Step => ({ do: 'remove', path });
export const rename = (path: string, to: string): Step => ({ do: 'rename', path, to });
export const chmod = (path: string, mode: number): Step => ({ do: 'chmod', path, mode });
export const symlink = (path: string, target: string): Step => ({ do: 'symlink', path, target });
export const git = (...args: string[]): Step => ({ do: 'git', args });
/** Runs `dvc …` or `cellar …`; its exit code counts, and its JSON if it has `--json`. */
export const tool = (...args: string[]): Step => ({ do: 'tool', args, stdout: false });
/** The same, and the text on stdout counts too. */
export const says = (...args: string[]): Step => ({ do: 'tool', args, stdout: true });
export const toolIn = (folder: string, ...args: string[]): Step => ({ do: 'tool', args, in: folder, stdout: false });
export const saysIn = (folder: string, ...args: string[]): Step => ({ do: 'tool', args, in: folder, stdout: true });

/** A git repository with a project in it, as most stories start. */
export const project: Step[] = [git('init', '--quiet', '--initial-branch=main'), tool('init', '--quiet')];

export const commit = (message: string): Step[] => [
  git('add', '--all'),
  git('commit', '--quiet', '--message', message)
];

export function scenario(about: string, name: string, ...steps: (Step | Step[])[]): Scenario {
  return { about, name: `${about}: ${name}`, steps: steps.flat() };
}
