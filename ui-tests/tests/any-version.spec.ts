import { expect, test } from '@playwright/test';
import { writeFileSync } from 'fs';
import { join } from 'path';

import { drag, expectWorkers, newCluster } from './helpers';

/** The main job without Galata, whose helpers are made for one version of JupyterLab; `make test-min` runs it in the oldest. */
test('in any JupyterLab: from click to computed result', async ({
  page,
  request
}) => {
  const cell = (source: string) => ({
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null
  });
  const notebook = {
    cells: [cell(''), cell('client.submit(sum, range(1000)).result()')],
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    nbformat: 4,
    nbformat_minor: 4
  };
  const name = 'any-version.ipynb';
  writeFileSync(
    join(process.env.JLAB_TEST_DIR!, name),
    JSON.stringify(notebook)
  );
  await page.goto(`/lab/tree/${name}`);
  const cells = page.locator('.jp-Notebook .jp-CodeCell');
  await expect(cells).toHaveCount(2, { timeout: 60_000 });
  await page.getByRole('tab', { name: 'Dask clusters' }).click();
  const panel = page.locator('#casa-labext-panel');
  const mine = await newCluster(page, panel, 'Any', 2);

  await drag(page, mine, cells.first());
  const client = cells.filter({ hasText: 'from dask.distributed import' });
  await expect(client).toHaveCount(1);
  await client.locator('.cm-content').click();
  await page.keyboard.press('Shift+Enter');
  const output = page.locator('.jp-OutputArea-output');
  await expect(output).toContainText('Client', { timeout: 60_000 });
  await cells.last().locator('.cm-content').click();
  await page.keyboard.press('Shift+Enter');
  await expect(output.last()).toContainText('499500', { timeout: 60_000 });
  await page.screenshot({ path: 'shots/any-version.png' });

  // Enter is the form's button.
  await mine.getByRole('button', { name: 'Scale' }).click();
  const workers = page
    .getByRole('dialog')
    .getByRole('spinbutton', { name: 'Workers' });
  await workers.fill('1');
  await workers.press('Enter');
  await expectWorkers(mine, 1);

  await mine.getByRole('button', { name: 'Shut down' }).click();
  await expect(mine).toHaveCount(0, { timeout: 30_000 });
  const answer = await request.get('/casa-labext/api/clusters');
  expect(await answer.json()).toEqual([]);
});
