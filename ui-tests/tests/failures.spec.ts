import {
  bridgePid,
  type CellText,
  makeKernel,
  makeProject,
  makeRepository,
  run,
  write,
  writeNotebook
} from './projects';
import {
  cells,
  chip,
  expect,
  expectStates,
  openNotebook,
  openPanel,
  planDialog,
  popover,
  pressReproduce,
  reason,
  replaceCode,
  RUN,
  section,
  selectCell,
  stage,
  strip,
  test
} from './lab';

test('A stage that raises: its traceback at its cell, nothing below it runs, a corrected cell does', async ({
  page,
  tmpPath
}) => {
  makeProject(`${tmpPath}/raises`);
  writeNotebook(`${tmpPath}/raises/own.ipynb`, [
    ['setup', 'zero = 0'],
    ['first', 'values = [1, 2, 3]'],
    ['second', 'print("before")\ntotal = sum(values) / zero'],
    ['third', 'print(total)']
  ]);
  await openNotebook(page, `${tmpPath}/raises/own.ipynb`);
  await pressReproduce(page);
  await expect(strip(page)).toContainText('second failed', RUN);
  await expectStates(page, { first: 'fresh', second: 'failed', third: 'stale' });
  await expect(chip(stage(page, 'second').first())).toContainText('failed');
  const area = stage(page, 'second').locator('.jp-OutputArea');
  await expect(area).toContainText('before');
  await expect(area).toContainText('ZeroDivisionError');
  await expect(area).toContainText('total = sum(values) / zero');
  await expect(stage(page, 'third').locator('.jp-OutputArea-output')).toHaveCount(0);
  await expect(page.locator('.cellar-StatusItem')).toHaveText('1 failed · 1 stale');

  await selectCell(cells(page).first());
  await strip(page).getByRole('button', { name: 'Go to the error' }).click();
  await expect(stage(page, 'second').first()).toHaveClass(/jp-mod-active/);

  await replaceCode(page, stage(page, 'second').first(), 'total = sum(values) / (zero + 1)');
  await expectStates(page, { second: 'stale' });
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 2 ran', RUN);
  await expect(stage(page, 'third').locator('.jp-OutputArea')).toContainText('6.0');
  await expectStates(page, { first: 'fresh', second: 'fresh', third: 'fresh' });

  // Lab merges two of its cells: the tags differ, and one is left (N4). What the run said is not true any more.
  await selectCell(stage(page, 'third').first());
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('Shift+M');
  await expect(strip(page)).toContainText('different tags (second, third). The active cell’s is kept: second.');
  await expect(strip(page)).not.toContainText('Done');
});

test('A kernel without pandas, then without pyarrow: what it lacks is said at the cell, installed it runs', async ({
  page,
  tmpPath
}) => {
  const hide = makeKernel('bare');
  hide('pandas', 'pyarrow');
  makeProject(`${tmpPath}/bare`);
  const cells: CellText[] = [
    ['table', 'import pandas as pd\ndf = pd.DataFrame({"a": [1, 2]})'],
    ['rows', 'print(len(df))']
  ];
  writeNotebook(`${tmpPath}/bare/own.ipynb`, cells, 'bare');
  await openNotebook(page, `${tmpPath}/bare/own.ipynb`);
  await openPanel(page);
  for (const [words, hidden] of [
    ["No module named 'pandas'", ['pyarrow']],
    ['pyarrow, which saves it, is not installed', []]
  ] as const) {
    await pressReproduce(page);
    await expectStates(page, { table: 'failed', rows: 'stale' }, RUN);
    await expect(reason(stage(page, 'table').first())).toContainText(words);
    await expect(reason(stage(page, 'table').first())).toHaveAttribute('title', /bare\/bin\/python -m pip install p/);
    await expect(section(page, 'problems').getByRole('row', { name: words })).toBeVisible();
    hide(...hidden);
  }
  await pressReproduce(page);
  await expectStates(page, { table: 'fresh', rows: 'fresh' }, RUN);
  await expect(stage(page, 'rows').locator('.jp-OutputArea')).toContainText('2');
  await expect(section(page, 'problems')).toContainText('There are no problems.');
});

test('A name bound in scratch only, a cell that does not parse, a name no stage may have', async ({
  page,
  tmpPath
}) => {
  makeProject(`${tmpPath}/names`);
  writeNotebook(`${tmpPath}/names/own.ipynb`, [
    [null, 'base = 10'],
    ['sum', 'print(base + 1)'],
    ['broken', 'x = (1'],
    ['good', 'print("good")'],
    [null, 'print("free")']
  ]);
  await openNotebook(page, `${tmpPath}/names/own.ipynb`);
  const panel = await openPanel(page);
  const problems = section(page, 'problems');
  await expectStates(page, { sum: 'blocked', broken: 'blocked', good: 'stale' });

  // Each problem is at its cell and in the panel, which goes to it.
  await expect(reason(stage(page, 'sum').first())).toContainText('base');
  await expect(problems.getByRole('row', { name: /base/ })).toBeVisible();
  await selectCell(cells(page).last());
  // In the middle, where a press must not meet the row's button.
  await problems.locator('[role="row"]').filter({ hasText: 'base' }).click();
  await expect(stage(page, 'sum').first()).toHaveClass(/jp-mod-active/);
  await expect(panel.locator('[data-cellar-stage="broken"]')).toContainText('blocked');

  // What is in order runs meanwhile; as not all can, the plan asks first.
  await pressReproduce(page);
  await expect(planDialog(page).locator('tr[data-cellar-stage="sum"]')).toContainText('blocked');
  await planDialog(page).getByRole('button', { name: 'Reproduce' }).click();
  await expectStates(page, { good: 'fresh' }, RUN);
  await expect(stage(page, 'good').locator('.jp-OutputArea')).toContainText('good');
  await expectStates(page, { sum: 'blocked', broken: 'blocked' });

  // The button tags the cell that binds it: one undo step there and back.
  const fix = stage(page, 'sum').first().locator('.cellar-StageHost .cellar-Button');
  await expect(fix).toHaveCount(1);
  await fix.click();
  const needs = page.getByRole('dialog').filter({ hasText: 'Tag the cells this needs' });
  const tagged = cells(page).first().locator(':scope > .cellar-StageHost');
  await expect(needs.or(tagged)).not.toHaveCount(0);
  if (await needs.isVisible()) {
    await needs.getByRole('button', { name: /^Tag \d cell/ }).click();
  }
  await expect(tagged).toHaveCount(1);
  await expectStates(page, { sum: 'stale' });
  await selectCell(cells(page).last());
  await page.keyboard.press('z');
  await expect(tagged).toHaveCount(0);
  await expectStates(page, { sum: 'blocked' });
  await page.keyboard.press('Shift+Z');
  await expectStates(page, { sum: 'stale' });

  // The cell is made whole, and all runs.
  await replaceCode(page, stage(page, 'broken').first(), 'x = (1)\nprint(x)');
  await expectStates(page, { broken: 'stale' });
  await pressReproduce(page);
  await expectStates(page, { sum: 'fresh', broken: 'fresh', good: 'fresh' }, RUN);
  await expect(stage(page, 'sum').locator('.jp-OutputArea')).toContainText('11');
  await expect(problems).toContainText('There are no problems.');

  // A name that cannot be a stage's is refused where it is typed.
  await selectCell(cells(page).last());
  await page.keyboard.press('ControlOrMeta+Alt+K');
  await page.keyboard.type('my stage!');
  await expect(popover(page).getByRole('alert')).toContainText('letters, digits, - and _');
  await page.keyboard.press('Enter');
  await expect(popover(page)).toBeVisible();
  await expect(popover(page).getByRole('button', { name: 'Tag', exact: true })).toBeDisabled();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('my-stage');
  await page.keyboard.press('Enter');
  await expectStates(page, { 'my-stage': 'stale' });
});

test('A project that was not started here is analysed, and runs once it is trusted', async ({ page, tmpPath }) => {
  makeRepository(`${tmpPath}/foreign`);
  run(`${tmpPath}/foreign`, 'dvc', 'init', '--quiet');
  writeNotebook(`${tmpPath}/foreign/own.ipynb`, [['hello', 'print("hello")']]);
  await openNotebook(page, `${tmpPath}/foreign/own.ipynb`);
  const panel = await openPanel(page);
  const bar = panel.locator('[data-cellar-trust="restricted"]');
  await expect(bar).toContainText('nothing here runs');
  await expectStates(page, { hello: 'stale' });

  const dialog = page.getByRole('dialog').filter({ hasText: 'You have not worked in this project before' });
  await bar.getByRole('button', { name: 'Review…' }).click();
  await expect(dialog).toContainText('Trust the project foreign?');
  await expect(dialog.getByRole('button', { name: 'Stay restricted' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(bar).toBeVisible();

  await page.getByRole('button', { name: 'Reproduce', exact: true }).click();
  await dialog.getByRole('button', { name: 'Trust and reproduce' }).click();
  await expect(strip(page)).toContainText('Done: 1 ran', RUN);
  await expect(stage(page, 'hello').locator('.jp-OutputArea')).toContainText('hello');
  await expect(bar).toHaveCount(0);
  expect(run(`${tmpPath}/foreign`, 'dvc', 'status')).toContain('up to date');
});

test('A bridge that is killed: Lab says so, starts it again, and the run goes on from where it was', async ({
  page,
  tmpPath
}) => {
  makeProject(`${tmpPath}/killed`);
  writeNotebook(`${tmpPath}/killed/own.ipynb`, [
    ['setup', 'import os, pathlib'],
    ['first', 'print("first")\nnumber = 1'],
    [
      'second',
      'if not pathlib.Path("../go").exists():\n    print("waits")\n    while not pathlib.Path("../go").exists():\n        os.sched_yield()\nprint("second", number)'
    ]
  ]);
  await openNotebook(page, `${tmpPath}/killed/own.ipynb`);
  const panel = await openPanel(page);
  await pressReproduce(page);
  await expect(stage(page, 'second').locator('.jp-OutputArea')).toContainText('waits', RUN);

  process.kill(bridgePid(), 'SIGKILL');
  await expect(panel.locator('[data-cellar-bridge="restarting"]')).toContainText('nothing is lost');
  await expect(panel.locator('[data-cellar-bridge]')).toHaveCount(0, RUN);
  await expect(strip(page)).toContainText('Interrupted', RUN);
  await expectStates(page, { first: 'fresh', second: 'stale' });

  write(`${tmpPath}/go`, '');
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 1 ran', RUN);
  await expect(stage(page, 'second').locator('.jp-OutputArea')).toContainText('second 1');
  await expectStates(page, { first: 'fresh', second: 'fresh' });
});
