import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { makeProject, makeRepository, run, writeNotebook } from './projects';
import {
  cells,
  chip,
  expect,
  expectStates,
  openNotebook,
  openPanel,
  planDialog,
  popover,
  RUN,
  selectCell,
  stage,
  strip,
  test
} from './lab';

/** What axe finds in our parts of the page: rule, element and what it misses, to be read in a failure. */
async function findings(page: Page, ...roots: string[]): Promise<string[]> {
  let builder = new AxeBuilder({ page });
  for (const root of roots) {
    await expect(page.locator(root).first()).toBeVisible();
    builder = builder.include(root);
  }
  const { violations } = await builder.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}: ${node.failureSummary}`));
}

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test(`axe finds nothing in ${theme}`, async ({ page, tmpPath }) => {
    const PANEL = '#cellar-panel';
    // The notebooks of the parts before stay open behind.
    const FRONT = '.jp-NotebookPanel:not(.lm-mod-hidden)';
    const CHIPS = `${FRONT} .cellar-StageHost`;
    const STRIP = `${FRONT} .cellar-Strip`;
    const DIALOG = '.jp-Dialog-content:has(.cellar-DialogBody)';
    // Empty: no project, no stages.
    makeRepository(`${tmpPath}/empty`);
    writeNotebook(`${tmpPath}/empty/own.ipynb`, [[null, 'x = 1']]);
    await openNotebook(page, `${tmpPath}/empty/own.ipynb`);
    await page.theme.setTheme(theme);
    const panel = await openPanel(page);
    await expect(panel.getByRole('button', { name: 'Start versioning data here' })).toBeVisible();
    expect(await findings(page, PANEL)).toEqual([]);
    await panel.getByRole('button', { name: 'Start versioning data here' }).click();
    await expect(panel.getByRole('button', { name: 'Tag the active cell…' })).toBeVisible();
    await page.getByRole('button', { name: 'Reproduce', exact: true }).click();
    await expect(strip(page)).toContainText('no stages yet');
    expect(await findings(page, PANEL, STRIP, `${FRONT} .cellar-RunButton`)).toEqual([]);

    // Filled: stages in several states, problems with their fixes.
    makeProject(`${tmpPath}/full`);
    writeNotebook(`${tmpPath}/full/own.ipynb`, [
      ['setup', 'import math'],
      [null, 'base = 10'],
      ['fine', 'root = math.sqrt(16)'],
      ['fine', 'print(root)'],
      ['fails', 'raise ValueError(root)'],
      ['later', 'print(base)']
    ]);
    await openNotebook(page, `${tmpPath}/full/own.ipynb`);
    await page.theme.setTheme(theme);
    await openPanel(page);
    await expectStates(page, { fine: 'stale', later: 'blocked' });
    await selectCell(cells(page).last());
    expect(
      await findings(page, PANEL, CHIPS, `${FRONT} .cellar-Ghost`, '.cellar-StatusItem', `${FRONT} .cellar-Summary`)
    ).toEqual([]);

    await chip(stage(page, 'fine').first()).click();
    await expect(popover(page).getByRole('combobox', { name: 'Stage' })).toBeVisible();
    expect(await findings(page, '.cellar-Popover')).toEqual([]);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Reproduce', exact: true }).click({ modifiers: ['Shift'] });
    await expect(page.locator('.cellar-Plan')).toBeVisible();
    expect(await findings(page, DIALOG)).toEqual([]);
    await planDialog(page).getByRole('button', { name: 'Reproduce' }).click();
    await expect(strip(page)).toContainText('fails failed', RUN);
    await expectStates(page, { fine: 'fresh', fails: 'failed' });
    expect(await findings(page, PANEL, CHIPS, STRIP)).toEqual([]);

    // The trust question, and the bar of a restricted project.
    makeRepository(`${tmpPath}/foreign`);
    run(`${tmpPath}/foreign`, 'dvc', 'init', '--quiet');
    writeNotebook(`${tmpPath}/foreign/own.ipynb`, [['hello', 'print("hello")']]);
    await openNotebook(page, `${tmpPath}/foreign/own.ipynb`);
    await page.theme.setTheme(theme);
    await openPanel(page);
    await page.getByRole('button', { name: 'Review…' }).click();
    await expect(page.getByRole('dialog')).toContainText('You have not worked in this project before');
    expect(await findings(page, DIALOG)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await findings(page, PANEL)).toEqual([]);
  });
}
