import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { makeDemo, makeProject, makeRepository, read, ROOT, run, writeNotebook } from './projects';
import {
  cells,
  chip,
  enterCell,
  expect,
  expectStates,
  openNotebook,
  openPanel,
  planDialog,
  popover,
  pressReproduce,
  reason,
  RUN,
  section,
  selectCell,
  stage,
  strip,
  test
} from './lab';

const DEMO = ['load', 'prepare', 'train', 'evaluate', 'figures'] as const;
const all = (state: string): Record<string, string> => Object.fromEntries(DEMO.map(name => [name, state]));

test.describe('Story 1: start', () => {
  test('one click makes a project of a git repository, and nothing else', async ({ page, tmpPath }) => {
    makeRepository(`${tmpPath}/fresh`);
    writeNotebook(`${tmpPath}/fresh/own.ipynb`, [[null, 'x = 1']]);
    await openNotebook(page, `${tmpPath}/fresh/own.ipynb`);
    const panel = await openPanel(page);
    await panel.getByRole('button', { name: 'Start versioning data here' }).click();
    await expect(panel).toContainText('main');
    await expect(panel.getByRole('button', { name: 'Tag the active cell…' })).toBeVisible();
    await expect(page.getByRole('dialog')).toHaveCount(0);

    makeRepository(`${tmpPath}/beside`);
    run(`${tmpPath}/beside`, 'dvc', 'init', '--quiet');
    expect(run(`${tmpPath}/fresh/.dvc`, 'git', 'ls-files', '--cached', '..')).toBe(
      run(`${tmpPath}/beside/.dvc`, 'git', 'ls-files', '--cached', '..')
    );
    for (const file of ['.dvc/config', '.dvc/.gitignore', '.dvcignore']) {
      expect(read(`${tmpPath}/fresh/${file}`)).toBe(read(`${tmpPath}/beside/${file}`));
    }
  });

  test('a folder without git is offered a repository, and keeps its files when that is declined', async ({
    page,
    tmpPath
  }) => {
    mkdirSync(join(ROOT, tmpPath, 'plain'), { recursive: true });
    writeNotebook(`${tmpPath}/plain/own.ipynb`, [[null, 'x = 1']]);
    await openNotebook(page, `${tmpPath}/plain/own.ipynb`);
    const panel = await openPanel(page);
    const start = panel.getByRole('button', { name: 'Start versioning data here' });
    const dialog = page.getByRole('dialog');
    await start.click();
    await expect(dialog).toContainText('is in no git repository');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    expect(existsSync(join(ROOT, tmpPath, 'plain', '.git'))).toBe(false);
    await start.click();
    await dialog.getByRole('button', { name: 'Make a git repository and start' }).click();
    await expect(section(page, 'problems')).toContainText('There are no problems.');
    expect(existsSync(join(ROOT, tmpPath, 'plain', '.git'))).toBe(true);
    expect(existsSync(join(ROOT, tmpPath, 'plain', '.dvc', 'config'))).toBe(true);
  });
});

test('Story 3: cells are tagged by click, by keys, several at once; each one undo step', async ({ page, tmpPath }) => {
  makeProject(`${tmpPath}/tags`);
  writeNotebook(`${tmpPath}/tags/own.ipynb`, [
    ['setup', 'import json'],
    ['load', 'numbers = [1, 2, 3]'],
    [null, 'more = [n * 2 for n in numbers]'],
    [null, 'most = max(more)'],
    [null, 'print(most)']
  ]);
  await openNotebook(page, `${tmpPath}/tags/own.ipynb`);
  const cell = (i: number) => cells(page).nth(i);
  await expectStates(page, { load: 'stale' });

  // By the chip, completing a name that is there.
  await cell(2).hover();
  const before = await cell(2).boundingBox();
  await chipOrGhost(page, 2).click();
  await expect(popover(page)).toBeVisible();
  expect(await cell(2).boundingBox()).toEqual(before);
  await page.keyboard.type('lo');
  await expect(page.getByRole('option', { name: /load/ })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Stage' })).toHaveValue('load');
  await page.keyboard.press('Enter');
  await expect(popover(page)).toHaveCount(0);
  await expect(stage(page, 'load')).toHaveCount(2);
  await expect(chip(cell(2))).toHaveText('load 2 of 2');

  // One undo step, in command mode on the notebook.
  await page.keyboard.press('z');
  await expect(stage(page, 'load')).toHaveCount(1);
  await page.keyboard.press('Shift+Z');
  await expect(stage(page, 'load')).toHaveCount(2);
  await page.keyboard.press('z');
  await expect(stage(page, 'load')).toHaveCount(1);

  // By keys; Esc gives the focus back to the cell and changes nothing.
  await selectCell(cell(2));
  await page.keyboard.press('ControlOrMeta+Alt+K');
  await expect(popover(page)).toBeVisible();
  await page.keyboard.type('double');
  await page.keyboard.press('Escape');
  // The first press closes the list of names where it is open.
  await expect(popover(page)).toHaveCount(0);
  await expect(stage(page, 'double')).toHaveCount(0);
  await page.keyboard.press('ControlOrMeta+Alt+K');
  await page.keyboard.type('double');
  await page.keyboard.press('Enter');
  await expect(stage(page, 'double')).toHaveCount(1);

  // Two cells at once.
  await selectCell(cell(3));
  await page.keyboard.press('Shift+ArrowDown');
  await expect(cell(4)).toHaveClass(/jp-mod-selected/);
  await page.keyboard.press('ControlOrMeta+Alt+K');
  await page.keyboard.type('most');
  await popover(page).getByRole('button', { name: 'Tag 2 cells' }).click();
  await expect(stage(page, 'most')).toHaveCount(2);
  await page.keyboard.press('z');
  await expect(stage(page, 'most')).toHaveCount(0);
  await page.keyboard.press('Shift+Z');
  await expect(stage(page, 'most')).toHaveCount(2);
  await expectStates(page, { load: 'stale', double: 'stale', most: 'stale' });

  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 3 ran', RUN);
  await expect(cell(4).locator('.jp-OutputArea')).toContainText('6');
});

/** The chip of a tagged cell, or the tag icon of another. */
function chipOrGhost(page: Page, i: number) {
  return cells(page).nth(i).locator(':scope > .cellar-StageHost > button, :scope > .cellar-Ghost').first();
}

/** What a cell shows below its code. */
function outputs(page: Page, name: string, nth = 0) {
  return stage(page, name).nth(nth).locator('.jp-OutputArea-output');
}

test('Stories 4 and 5: the demo is reproduced, edited, stopped and loaded', async ({ page, tmpPath }) => {
  const folder = `${tmpPath}/demo`;
  makeDemo(folder);
  await openNotebook(page, `${folder}/analysis.ipynb`);
  const panel = await openPanel(page);
  const statusBar = page.locator('.cellar-StatusItem');

  // Panel and status bar before.
  await expectStates(page, all('stale'));
  await expect(panel).toContainText('main');
  for (const name of DEMO) {
    await expect(section(page, 'stages').locator(`[data-cellar-stage="${name}"]`)).toContainText('never run');
  }
  await expect(section(page, 'problems')).toContainText('There are no problems.');
  await expect(statusBar).toHaveText('5 stale');

  // The plan, then outputs in the right cells.
  await page.keyboard.down('Shift');
  await page.getByRole('button', { name: 'Reproduce', exact: true }).click();
  await page.keyboard.up('Shift');
  const dialog = planDialog(page);
  for (const name of DEMO) {
    await expect(dialog.locator(`tr[data-cellar-stage="${name}"]`)).toContainText('run');
  }
  await expect(dialog).toContainText('5 run');
  await dialog.getByRole('button', { name: 'Reproduce' }).click();
  await expect(strip(page).locator('.cellar-Strip-steps [data-cellar-stage="load"]')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Stop', exact: true })).toBeVisible();
  await expect(statusBar).toContainText(/\w+ \d:\d\d/);
  await expect(outputs(page, 'load').locator('table')).toBeVisible(RUN);
  await expect(strip(page)).toContainText('Done: 5 ran', RUN);
  await expectStates(page, all('fresh'));
  await expect(statusBar).toHaveText('up to date');
  await expect(outputs(page, 'load').locator('tbody tr')).toHaveCount(3);
  await expect(outputs(page, 'prepare', 0)).toHaveCount(0);
  await expect(outputs(page, 'prepare', 1).first()).toContainText('birds, 6 columns');
  await expect(outputs(page, 'prepare', 1).last()).toContainText('Adelie');
  await expect(outputs(page, 'train').last()).toContainText('trained on');
  await expect(outputs(page, 'evaluate')).toContainText('accuracy');
  await stage(page, 'figures').scrollIntoViewIfNeeded();
  await expect(outputs(page, 'figures').locator('img')).toBeVisible();

  // Nothing to do, for dvc neither.
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Everything is up to date');
  expect(run(folder, 'dvc', 'status')).toContain('up to date');

  // One cell of a stage is edited: only what depends on it, and it says why.
  await enterCell(stage(page, 'evaluate').first());
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.type('["birds"]');
  await page.keyboard.press('Escape');
  await expectStates(page, { ...all('fresh'), evaluate: 'stale' });
  await expect(reason(stage(page, 'evaluate').first())).toHaveText('the cell of evaluate changed');
  await expect(statusBar).toHaveText('1 stale');
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 1 ran', RUN);
  await expectStates(page, all('fresh'));
  await expect(outputs(page, 'evaluate')).toHaveText(/^\s*\d+\s*$/);

  // The stage above is edited: what depends on it waits for it; the table of birds does not.
  await enterCell(stage(page, 'prepare').nth(1));
  await page.keyboard.press('ControlOrMeta+Home');
  await page.keyboard.insertText('birds = birds.assign(heavy=birds["body_mass_g"] > 4000)\n');
  await page.keyboard.press('Escape');
  await expectStates(page, { load: 'fresh', prepare: 'stale', train: 'pending', figures: 'pending' });
  await enterCell(stage(page, 'prepare').nth(1));
  await page.keyboard.press('ControlOrMeta+Z');
  await expectStates(page, all('fresh'));
});

test.describe('with the routes of the server untouched', () => {
  // Galata stands between page and server to list only the kernels of a test, and answers a restart as if it made one.
  test.use({ kernels: null, sessions: null });

  test('Story 4: recorded results are loaded into a restarted kernel', async ({ page, tmpPath }) => {
    makeProject(`${tmpPath}/load`);
    writeNotebook(`${tmpPath}/load/own.ipynb`, [
      ['setup', 'import pandas as pd'],
      ['birds', 'birds = pd.DataFrame({"mass": range(9)})\nheaviest = 8\nlen(birds)'],
      [null, 'assert heaviest == 8 and list(birds["mass"]) == list(range(9))\nbirds.head()'],
      ['other', 'print(heaviest)']
    ]);
    await openNotebook(page, `${tmpPath}/load/own.ipynb`);
    await pressReproduce(page);
    await expect(strip(page)).toContainText('Done: 2 ran', RUN);
    await page.getByRole('button', { name: 'Restart the kernel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm Kernel Restart' }).click();
    const scratch = cells(page).nth(2);
    await selectCell(scratch);
    await page.keyboard.press('ControlOrMeta+Alt+O');
    const load = page.getByRole('dialog').filter({ hasText: 'Load results up to here' });
    await expect(load).toContainText('birds', RUN);
    await load.getByRole('button', { name: /^Load/ }).click();
    await expect(page.getByText(/In the kernel now: /)).toContainText('birds', RUN);
    await selectCell(scratch);
    await page.keyboard.press('Shift+Enter');
    await expect(scratch.locator('.jp-OutputArea tbody tr')).toHaveCount(5, RUN);
  });
});

test('Story 4: a run whose tab is closed ends, and shows the same as one that was watched', async ({
  page,
  context,
  baseURL,
  tmpPath
}) => {
  makeDemo(`${tmpPath}/watched`);
  makeDemo(`${tmpPath}/left`);
  const shown = async (tab: Page): Promise<string[]> => {
    const found: string[] = [];
    for (const name of DEMO) {
      for (const cell of await stage(tab, name).all()) {
        await cell.scrollIntoViewIfNeeded();
        found.push(...(await cell.locator('.jp-OutputArea-output').evaluateAll(nodes => nodes.map(n => n.innerHTML))));
      }
    }
    return found;
  };

  await openNotebook(page, `${tmpPath}/watched/analysis.ipynb`);
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 5 ran', RUN);
  await expect(outputs(page, 'figures').locator('img')).toHaveCount(1);
  const watched = await shown(page);
  expect(watched).toHaveLength(6);

  const left = await context.newPage();
  const open = async (tab: Page): Promise<void> => {
    await tab.goto(`${baseURL}/lab/tree/${tmpPath}/left/analysis.ipynb`);
    await expect(stage(tab, 'figures')).toHaveCount(1);
  };
  await open(left);
  await pressReproduce(left);
  await expect(strip(left).locator('[data-cellar-state="running"]')).toHaveAttribute(
    'data-cellar-stage',
    'prepare',
    RUN
  );
  await left.close();
  await expect.poll(() => read(`${tmpPath}/left/dvc.lock`), RUN).toContain('figures');

  const again = await context.newPage();
  await open(again);
  await expectStates(again, all('fresh'), RUN);
  await expect(outputs(again, 'figures').locator('img')).toHaveCount(1, RUN);
  expect(await shown(again)).toEqual(watched);
  await again.close();
});

test('Story 4: Stop ends a running stage and puts its outs back', async ({ page, tmpPath }) => {
  makeProject(`${tmpPath}/stop`);
  writeNotebook(`${tmpPath}/stop/own.ipynb`, [
    ['setup', 'import time'],
    ['slow', 'with open("slow.txt", "w") as file:\n    file.write("one")\n'],
    ['after', 'with open("slow.txt") as file:\n    text = file.read()\ntext']
  ]);
  await openNotebook(page, `${tmpPath}/stop/own.ipynb`);
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 2 ran', RUN);

  await enterCell(stage(page, 'slow').first());
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.insertText('\nprint("asleep")\ntime.sleep(600)');
  await expectStates(page, { slow: 'stale', after: 'pending' });
  await pressReproduce(page);
  await expectStates(page, { slow: 'running', after: 'queued' });
  await expect(stage(page, 'slow').locator('.jp-OutputArea')).toContainText('asleep', RUN);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(strip(page)).toContainText('Stopped: ');
  await expectStates(page, { slow: 'stale', after: 'pending' });
  expect(read(`${tmpPath}/stop/slow.txt`)).toBe('one');
});
