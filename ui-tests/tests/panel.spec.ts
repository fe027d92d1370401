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

test('a cluster that fails says why, and can be removed', async ({ page }) => {
  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'Broken' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('radio', { name: /^Broken/ })).toBeChecked();
  await dialog.getByRole('button', { name: 'Start' }).click();
  const failed = card(panel, 'Broken');
  await expect(failed).toContainText("No module named 'no_such_module'");
  await expect(failed).toContainText('Install it in the environment');
  await page.screenshot({ path: 'shots/failed.png' });

  await failed.getByRole('button', { name: 'Logs' }).click();
  await expect(page.getByText('Traceback')).toBeVisible();
  await page.screenshot({ path: 'shots/logs.png' });

  const retried = page.waitForResponse(/\/retry/);
  await failed.getByRole('button', { name: 'Retry' }).click();
  expect((await retried).status()).toBe(202);
  await expect(failed).toContainText("No module named 'no_such_module'");
  await failed.getByRole('button', { name: 'Remove' }).click();
  await expect(failed).toHaveCount(0);
});

test('wrong input is explained at its field, and nothing is lost', async ({
  page
}) => {
  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Mine');
  await dialog.getByLabel('Memory per worker').fill('2 apples');
  await expect(dialog).toContainText('This does not have the right form');
  await expect(dialog.getByRole('button', { name: 'Start' })).toBeDisabled();
  await page.screenshot({ path: 'shots/new-error.png' });
  await dialog.getByLabel('Memory per worker').fill('300MiB');
  await dialog.getByRole('spinbutton', { name: 'Workers' }).fill('1');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(dialog).toHaveCount(0);
  await expectWorkers(card(panel, 'Mine'), 1);
  await expect(card(panel, 'Mine')).toContainText('300 MiB');
});

test('the client goes into the active notebook and into an editor', async ({
  page
}) => {
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Mine', 1);
  await page.notebook.createNew('insert.ipynb', { kernel: 'python3' });
  await mine.getByRole('button', { name: 'Insert client' }).click();
  await expect(
    page.locator('.jp-Notebook .jp-CodeCell').filter({ hasText: 'Client(' })
  ).toHaveCount(1);

  await page.menu.clickMenuItem('File>New>Python File');
  const editor = page.locator('.jp-FileEditor .cm-content');
  await expect(editor).toBeVisible();
  await drag(page, mine, editor);
  await expect(editor).toContainText('from dask.distributed import Client');
});

test('the address can be copied, the cluster renamed and made adaptive', async ({
  page
}) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Mine', 1);
  const { connection } = await cluster(page, 'Mine');
  await mine.getByRole('button', { name: 'Copy address' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    connection.address
  );

  await mine.focus();
  await page.keyboard.press('F2');
  await page.keyboard.type('Ours');
  await page.keyboard.press('Enter');
  const ours = card(panel, 'Ours');
  await expect(ours).toBeVisible();

  await ours.getByRole('button', { name: 'Scale' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'Adaptive' }).check();
  await dialog.getByRole('spinbutton', { name: 'Minimum' }).fill('0');
  await dialog.getByRole('spinbutton', { name: 'Maximum' }).fill('2');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(ours).toContainText('adaptive 0–2');
});

test.describe('in dark, on a narrow screen', () => {
  test.use({
    viewport: { width: 390, height: 844 },
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/apputils-extension:themes': { theme: 'JupyterLab Dark' }
    }
  });

  test('the panel fits', async ({ page }) => {
    const panel = await openPanel(page);
    const mine = await newCluster(page, panel, 'A rather long name', 1);
    const inner = (await mine.boundingBox())!;
    const outer = (await panel.boundingBox())!;
    expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
    await page.screenshot({ path: 'shots/narrow-dark.png' });
    await panel.getByRole('button', { name: 'New cluster' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.screenshot({ path: 'shots/narrow-new.png' });
    await page.getByRole('button', { name: 'Cancel' }).click();
  });
});

test('without a connection no old number is shown', async ({ page }) => {
  let cut = false;
  const cuts: Array<() => void> = [];
  await page.routeWebSocket(/casa-labext\/api\/stream/, route => {
    if (cut) {
      void route.close();
    } else {
      route.connectToServer();
      cuts.push(() => void route.close());
    }
  });
  await page.reload();
  const panel = await openPanel(page);
  const mine = await newCluster(page, panel, 'Mine', 1);
  cut = true;
  cuts.forEach(close => close());
  await expect(panel).toContainText('Disconnected from the server');
  await expect(mine.locator('.casa-WorkerBar-words')).toHaveCount(0);
  await expect(mine.getByRole('button', { name: 'Scale' })).toBeDisabled();
  await page.screenshot({ path: 'shots/disconnected.png' });
  // While it is of no use: it would go by itself otherwise, maybe before the click.
  await panel.getByRole('button', { name: 'Try now' }).click();
  cut = false;
  await expectWorkers(mine, 1);
  await expect(panel).not.toContainText('Disconnected');
});
