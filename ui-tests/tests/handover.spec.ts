import { expect, galata, test } from '@jupyterlab/galata';

import {
  card,
  closeAll,
  cluster,
  drag,
  expectWorkers,
  newCluster,
  openPanel
} from './helpers';

test.afterEach(({ page }) => closeAll(page));

const output = (page: any, text: string) =>
  page.locator('.jp-OutputArea-output').filter({ hasText: text });

test('a running kernel is connected, and new ones find the default', async ({
  page
}) => {
  await page.notebook.createNew('connect.ipynb', { kernel: 'python3' });
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Physics', 1);
  await mine.getByRole('button', { name: 'Connect the current' }).click();
  await page.notebook.setCell(
    0,
    'code',
    'client.submit(sum, [20, 22]).result()'
  );
  await page.notebook.runCell(0);
  await expect(output(page, '42')).toBeVisible({ timeout: 30_000 });

  await mine.getByRole('button', { name: 'Make it the default' }).click();
  const pinned = mine.getByRole('button', { name: 'Is the default' });
  await expect(pinned).toBeVisible();
  await page.screenshot({ path: 'shots/default.png' });
  await page.notebook.createNew('default.ipynb', { kernel: 'python3' });
  await page.notebook.setCell(
    0,
    'code',
    'from dask.distributed import Client\nClient().submit(sum, [30, 33]).result()'
  );
  await page.notebook.runCell(0);
  await expect(output(page, '63')).toBeVisible({ timeout: 30_000 });
  await pinned.click();
  await expect(
    mine.getByRole('button', { name: 'Make it the default' })
  ).toBeVisible();
});

test('a scheduler that runs already is attached, and left', async ({
  page
}) => {
  const panel = await openPanel(page);
  const answer = await page.request.post('/casa-labext/api/clusters', {
    data: {
      profile: 'local',
      name: 'Theirs',
      size: { workers: 1 },
      options: { encryption: false }
    }
  });
  expect(answer.status()).toBe(202);
  await expectWorkers(card(panel, 'Theirs'), 1);
  const { connection } = await cluster(page, 'Theirs');

  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^Running scheduler/ }).check();
  await expect(dialog.getByRole('spinbutton')).toHaveCount(0);
  await dialog.getByLabel('Name').fill('Attached');
  await dialog.getByLabel('Scheduler address').fill(connection.address);
  await page.screenshot({ path: 'shots/attach.png' });
  await dialog.getByRole('button', { name: 'Start' }).click();
  const attached = card(panel, 'Attached');
  await expectWorkers(attached, 1);
  await expect(attached.getByRole('button', { name: 'Scale' })).toHaveCount(0);
  await page.screenshot({ path: 'shots/attached.png' });
  await attached.getByRole('button', { name: 'Detach' }).click();
  await expect(attached).toHaveCount(0);
  await expectWorkers(card(panel, 'Theirs'), 1);
});

test('a console is connected, and takes the client', async ({ page }) => {
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Physics', 1);
  await page.evaluate(async () => {
    await (window as any).jupyterapp.commands.execute('console:create', {
      kernelPreference: { name: 'python3' }
    });
  });
  const prompt = page.locator('.jp-CodeConsole-promptCell .cm-content');
  await expect(prompt).toBeVisible();
  await mine.getByRole('button', { name: 'Connect the current' }).click();
  await prompt.click();
  await page.keyboard.type('client.submit(sum, [50, 11]).result()');
  await page.keyboard.press('Shift+Enter');
  await expect(output(page, '61')).toBeVisible({ timeout: 30_000 });
  await drag(page, mine, prompt);
  await expect(prompt).toContainText('from dask.distributed import Client');
});

test.describe('with the setting to connect new notebooks', () => {
  test.use({
    // Galata's own answers for kernels fail when one is restarted.
    kernels: null,
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'casa-labext:plugin': { connectNewNotebooks: true }
    }
  });

  test('they are connected, and again after a restart', async ({ page }) => {
    const panel = await openPanel(page);
    await newCluster(page, panel, 'Physics', 1);
    await page.notebook.createNew('new.ipynb', { kernel: 'python3' });
    // The client comes a moment after the kernel.
    const compute = (numbers: string, result: string) =>
      expect(async () => {
        await page.notebook.setCell(
          0,
          'code',
          `client.submit(sum, [${numbers}]).result()`
        );
        await page.notebook.runCell(0);
        await expect(output(page, result)).toBeVisible({ timeout: 5_000 });
      }).toPass({ timeout: 60_000 });
    await compute('2, 3', '5');
    await page.evaluate(() =>
      (
        window as any
      ).jupyterapp.shell.currentWidget.sessionContext.restartKernel()
    );
    await compute('70, 7', '77');
  });
});
