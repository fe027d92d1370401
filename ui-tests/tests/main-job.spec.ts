import { expect, test } from '@jupyterlab/galata';

import {
  card,
  closeAll,
  cluster,
  drag,
  expectWorkers,
  listens,
  newCluster,
  openPanel,
  processes
} from './helpers';

test.afterEach(({ page }) => closeAll(page));

test('from click to computed result', async ({ page }) => {
  await page.notebook.createNew('main-job.ipynb', { kernel: 'python3' });
  const panel = await openPanel(page);
  await expect(panel).toContainText('No clusters yet');
  await page.screenshot({ path: 'shots/empty.png' });

  const mine = await newCluster(page, panel, 'Physics', 2);
  await page.screenshot({ path: 'shots/running-light.png' });

  // Into the notebook, and compute.
  const cell = (await page.notebook.getCellLocator(0))!;
  await drag(page, mine, cell);
  const client = page
    .locator('.jp-Notebook .jp-CodeCell')
    .filter({ hasText: 'from dask.distributed import Client' });
  await expect(client).toHaveCount(1);
  await page.notebook.runCell(0);
  await expect(client.locator('.jp-OutputArea-output')).toContainText(
    'Client',
    { timeout: 60_000 }
  );
  await page.notebook.addCell(
    'code',
    'client.submit(sum, range(1000)).result()'
  );
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last);
  const result = (await page.notebook.getCellLocator(last))!;
  await expect(result.locator('.jp-OutputArea-output')).toContainText('499500');

  // The bar moves.
  await mine.getByRole('button', { name: 'Scale' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('spinbutton', { name: 'Workers' }).fill('3');
  await page.screenshot({ path: 'shots/scale.png' });
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(mine.locator('.casa-WorkerBar-words')).toContainText('of 3');
  await expectWorkers(mine, 3);

  // The dashboard draws, through jupyter-server-proxy.
  const { id, dashboard, connection } = await cluster(page, 'Physics');
  expect(dashboard).toMatch(/^\/proxy\/\d+\/status$/);
  await mine.getByRole('button', { name: 'Dashboard' }).click();
  const frame = page.frameLocator(`iframe[src*="${dashboard}"]`);
  await expect(frame.locator('canvas').first()).toBeVisible({
    timeout: 60_000
  });
  await page.screenshot({ path: 'shots/dashboard.png' });

  // Nothing is left.
  expect(processes(id).length).toBeGreaterThan(3);
  expect(await listens(connection.address)).toBe(true);
  await mine.getByRole('button', { name: 'Shut down' }).click();
  await expect(card(panel, 'Physics')).toHaveCount(0, { timeout: 30_000 });
  await expect.poll(() => processes(id)).toEqual([]);
  expect(await listens(connection.address)).toBe(false);
});
