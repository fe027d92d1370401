import { expect, test } from '@jupyterlab/galata';
import { once } from 'events';
import { createServer } from 'http';
import type { AddressInfo } from 'net';

import {
  card,
  closeAll,
  expectAccessible,
  newCluster,
  openPanel,
  startCluster
} from './helpers';

// Kernels are real.
test.use({ kernels: null });

test.afterEach(({ page }) => closeAll(page));

test('a cluster with nothing to do counts down, is kept, and closes by itself', async ({
  page
}) => {
  test.setTimeout(300_000);
  const panel = await openPanel(page);
  const mine = await startCluster(page, panel, 'Brief', 0, 'Brief');
  const words = 'Nothing to do: closes in';
  await expect(mine).toContainText(words, { timeout: 60_000 });
  await expectAccessible(page, '#casa-labext-panel');
  await page.screenshot({ path: 'shots/idle.png' });
  await mine.getByRole('button', { name: 'Extend' }).click();
  await expect(mine).not.toContainText(words);

  await mine.getByRole('button', { name: 'Details' }).click();
  const details = page.locator('.casa-Details');
  await expect(details).toContainText(words);
  await page.screenshot({ path: 'shots/idle-details.png' });
  await expect(card(panel, 'Brief')).toHaveCount(0, { timeout: 120_000 });
  await expect(page.locator('.Toastify')).toContainText(
    'Brief is gone: It had nothing to do for 30 s.'
  );
});

test('tasks that run are not lost without a question', async ({ page }) => {
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Physics', 1);
  await page.notebook.createNew('busy.ipynb', { kernel: 'python3' });
  await mine.getByRole('button', { name: 'Insert client' }).click();
  await page.notebook.addCell(
    'code',
    'import time; future = client.submit(time.sleep, 600)'
  );
  await page.notebook.run();
  await expect(mine).toContainText('1 processing', { timeout: 60_000 });
  const dialog = page.getByRole('dialog');
  await mine.getByRole('button', { name: 'Shut down' }).click();
  await expect(dialog).toContainText(
    '1 task is being processed and will be lost.'
  );
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(mine).toContainText('running');
  await mine.getByRole('button', { name: 'Shut down' }).click();
  await dialog.getByRole('button', { name: 'Shut down' }).click();
  await expect(mine).toHaveCount(0, { timeout: 60_000 });
});

test('a connection that fails says why, and can be tried again', async ({
  page
}) => {
  const panel = await openPanel(page);
  await newCluster(page, panel, 'Physics', 0);
  await page.notebook.createNew('failing.ipynb', { kernel: 'python3' });
  const runs = async (code: string) => {
    await page.notebook.setCell(0, 'code', code);
    await page.notebook.runCell(0);
  };
  await runs("import sys; sys.modules['distributed'] = None");
  const chip = page.locator('.jp-NotebookPanel .casa-KernelChip-button');
  const choose = async (item: string) => {
    await chip.click();
    await page.locator('.lm-Menu-item', { hasText: item }).click();
  };
  await choose('Physics');
  await expect(chip).toHaveText('Not connected to Physics');
  await choose('Connection…');
  const dialog = page.getByRole('dialog');
  await expect(
    dialog.getByRole('region', { name: 'What the kernel prints' })
  ).toContainText('import of distributed halted');
  await expectAccessible(page, '.jp-Dialog-content');
  await page.screenshot({ path: 'shots/connection-failed.png' });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await runs("del sys.modules['distributed']");
  await choose('Connection…');
  await dialog.getByRole('button', { name: 'Retry' }).click();
  await expect(dialog).toContainText(
    'In this kernel `client` is connected to Physics.',
    { timeout: 60_000 }
  );
  await page.screenshot({ path: 'shots/connection.png' });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(chip).toHaveText('Physics');
});

test("a dashboard of the user's own address is in a frame of its own origin", async ({
  page
}) => {
  const visitors: string[] = [];
  const server = createServer((request, response) => {
    visitors.push(String(request.headers['user-agent']));
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<p>Somebody else’s dashboard</p>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/status`;
  await page.evaluate(
    url =>
      (window as any).jupyterapp.commands.execute(
        'casa-labext:open-dashboard',
        { url }
      ),
    url
  );
  await expect(
    page.frameLocator(`iframe[src="${url}"]`).getByText('Somebody else’s')
  ).toBeVisible();
  // The browser alone has asked.
  expect(new Set(visitors).size).toBe(1);
  expect(visitors[0]).toContain('Chrome');
  server.close();
});
