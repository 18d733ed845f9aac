import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { makeDemo, makeRepository, makeUntaggedDemo, read, ROOT, run, writeNotebook } from './projects';
import {
  all,
  cells,
  chip,
  DEMO,
  enterCell,
  expect,
  expectStates,
  openNotebook,
  openPanel,
  outputs,
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

/** Starts, and compares with what `dvc init` makes of a repository: that, and nothing else. */
async function startProject(page: Page, panel: Locator, folder: string): Promise<void> {
  await panel.getByRole('button', { name: 'Start versioning data here' }).click();
  await expect(panel).toContainText('main');
  await expect(panel.getByRole('button', { name: 'Tag the active cell…' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const beside = `${folder}-beside`;
  makeRepository(beside);
  run(beside, 'dvc', 'init', '--quiet');
  expect(run(folder, 'git', 'ls-files', '--cached')).toBe(run(beside, 'git', 'ls-files', '--cached'));
  for (const file of ['.dvc/config', '.dvc/.gitignore', '.dvcignore']) {
    expect(read(`${folder}/${file}`)).toBe(read(`${beside}/${file}`));
  }
}

/** Tags the cells of the demo by chip, keys and palette, one and several at once; each is one undo step. */
async function tagCells(page: Page): Promise<void> {
  const cell = (start: string): Locator => cells(page).filter({ hasText: start }).first();
  const byKeys = async (name: string): Promise<void> => {
    await page.keyboard.press('ControlOrMeta+Alt+K');
    await expect(popover(page)).toBeVisible();
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
    await expect(popover(page)).toHaveCount(0);
  };
  const byIcon = async (at: Locator): Promise<void> => {
    await at.scrollIntoViewIfNeeded();
    await at.hover();
    const before = await at.boundingBox();
    await at.locator(':scope > .cellar-Ghost').click();
    await expect(popover(page)).toBeVisible();
    expect(await at.boundingBox()).toEqual(before);
  };
  // By the icon of an untagged cell, which appears without moving anything.
  await byIcon(cell('test_share = 0.25'));
  await popover(page).getByText('params').click();
  await page.keyboard.press('Enter');
  await expect(cell('test_share = 0.25').locator(':scope > .cellar-StageHost')).toContainText('params');
  await byIcon(cell('raw = pd.read_csv'));
  await page.keyboard.type('load');
  await page.keyboard.press('Enter');
  await expectStates(page, { load: 'stale' });

  // Two cells at once, by keys.
  await selectCell(cell('measured ='));
  await page.keyboard.press('Shift+ArrowDown');
  await byKeys('prepare');
  await expect(stage(page, 'prepare')).toHaveCount(2);
  await expect(chip(stage(page, 'prepare').nth(1))).toHaveText('prepare 2 of 2');
  await page.keyboard.press('z');
  await expect(stage(page, 'prepare')).toHaveCount(0);
  await page.keyboard.press('Shift+Z');
  await expect(stage(page, 'prepare')).toHaveCount(2);

  // From the palette.
  await selectCell(cell('train, test ='));
  await page.keyboard.press('ControlOrMeta+Shift+C');
  await page.keyboard.type('Tag Cell');
  await page.keyboard.press('Enter');
  await expect(popover(page)).toBeVisible();
  await page.keyboard.type('train');
  await page.keyboard.press('Enter');
  await expectStates(page, { train: 'stale' });

  // A name that is there is completed; Esc changes nothing and gives the focus back to the cell.
  await selectCell(cell('accuracy = model'));
  await page.keyboard.press('ControlOrMeta+Alt+K');
  await expect(popover(page)).toBeVisible();
  await page.keyboard.type('anything');
  await page.keyboard.press('Escape');
  await expect(popover(page)).toHaveCount(0);
  await page.keyboard.press('ControlOrMeta+Alt+K');
  await page.keyboard.type('tr');
  await expect(page.getByRole('option', { name: /train/ })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Stage' })).toHaveValue('train');
  await page.keyboard.press('Enter');
  await expect(stage(page, 'train')).toHaveCount(2);
  await page.keyboard.press('z');
  await expect(stage(page, 'train')).toHaveCount(1);
  await byKeys('evaluate');
  await selectCell(cell('fig, ax ='));
  await byKeys('figures');
}

test('Stories 1, 3, 4 and 5: the demo is started, tagged, reproduced and edited', async ({ page, tmpPath }) => {
  const folder = `${tmpPath}/demo`;
  makeUntaggedDemo(folder);
  await openNotebook(page, `${folder}/analysis.ipynb`);
  const panel = await openPanel(page);
  const statusBar = page.locator('.cellar-StatusItem');
  await startProject(page, panel, folder);
  await tagCells(page);

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

  // The same as from the tags of the demo itself.
  makeDemo(`${tmpPath}/tagged`);
  run(`${tmpPath}/tagged`, 'cellar', 'reproduce', 'analysis.ipynb');
  for (const file of ['dvc.yaml', 'dvc.lock', 'params.yaml', 'metrics.json']) {
    expect(read(`${folder}/${file}`)).toBe(read(`${tmpPath}/tagged/${file}`));
  }

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

test('Story 1: a folder without git is offered a repository, and keeps its files when that is declined', async ({
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
